package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// settings is everything that can be set when the server starts: by a flag, or by the environment variable
// of the same name (--ready-after is ECHO_READY_AFTER). A flag wins.
type settings struct {
	Name string
	Text string

	Ports       []int
	TLSPort     int
	TLSCert     string
	TLSKey      string
	TCPPort     int
	UDPPort     int
	ControlPort int

	StartDelay     time.Duration
	ReadyAfter     time.Duration
	UnhealthyAfter time.Duration
	CrashAfter     time.Duration
	ExitCode       int
	AllocateMB     int

	Drain      time.Duration
	Grace      time.Duration
	IgnoreTerm bool

	RequireEnv  []string
	RequireFile []string
	FileRoots   []string

	Calls           []string
	CallEvery       time.Duration
	CallTimeout     time.Duration
	CallPerRequest  bool
	ReadyNeedsCalls bool

	Faults faults
}

// readSettings reads flags over environment over defaults; what it cannot read it names.
func readSettings(args []string, getenv func(string) string) (*settings, error) {
	s := &settings{}
	set := flag.NewFlagSet("echo", flag.ContinueOnError)
	set.StringVar(&s.Name, "name", hostname(), "who answers")
	set.StringVar(&s.Text, "text", "", "the whole answer to GET /, instead of the echo")
	ports(set, &s.Ports, "port", "8080", "HTTP ports, separated by commas")
	set.Func("listen", "the same as --port, written :8080", func(text string) error {
		_, port, err := net.SplitHostPort(text)
		if err != nil {
			return err
		}
		return set.Set("port", port)
	})
	set.IntVar(&s.TLSPort, "tls-port", 0, "HTTPS port, with --tls-cert and --tls-key")
	set.StringVar(&s.TLSCert, "tls-cert", "/tls/tls.crt", "certificate file, read again when it changes")
	set.StringVar(&s.TLSKey, "tls-key", "/tls/tls.key", "key file")
	set.IntVar(&s.TCPPort, "tcp-port", 0, "port that sends back what it gets over TCP")
	set.IntVar(&s.UDPPort, "udp-port", 0, "port that sends back what it gets over UDP")
	set.IntVar(&s.ControlPort, "control-port", 0, "port where GET, POST and DELETE /fault work; none unless set")
	set.DurationVar(&s.StartDelay, "start-delay", 0, "time before any port opens")
	set.DurationVar(&s.ReadyAfter, "ready-after", 0, "time before /readyz says yes")
	set.DurationVar(&s.UnhealthyAfter, "unhealthy-after", 0, "time after which /healthz says no")
	set.DurationVar(&s.CrashAfter, "crash-after", 0, "time after which the process ends with --exit-code")
	set.IntVar(&s.ExitCode, "exit-code", 1, "exit code of a crash")
	set.IntVar(&s.AllocateMB, "allocate-mb", 0, "memory to take and touch at the start")
	set.DurationVar(&s.Drain, "drain", 0, "time after SIGTERM in which requests are still answered, but /readyz says no")
	set.DurationVar(&s.Grace, "grace", 20*time.Second, "time after that for requests in flight to end")
	set.BoolVar(&s.IgnoreTerm, "ignore-term", false, "goes on after SIGTERM")
	words(set, &s.RequireEnv, "require-env", "variables that must be set: NAME or NAME=value, separated by commas")
	words(set, &s.RequireFile, "require-file", "files that must be there: PATH or PATH=text they contain, separated by commas")
	words(set, &s.FileRoots, "file-roots", "folders that /file?path= may read, separated by commas")
	words(set, &s.Calls, "call", "what to call: http, https, tcp, redis and dns URLs, separated by commas")
	set.DurationVar(&s.CallEvery, "call-every", 10*time.Second, "time between calls")
	set.DurationVar(&s.CallTimeout, "call-timeout", 2*time.Second, "time a call may take")
	set.BoolVar(&s.CallPerRequest, "call-per-request", false, "call on every request to /, and answer 502 when a call fails")
	set.BoolVar(&s.ReadyNeedsCalls, "ready-needs-calls", false, "/readyz says no while the last calls failed")
	set.BoolVar(&s.Faults.Healthy, "healthy", true, "what /healthz says")
	set.BoolVar(&s.Faults.Ready, "ready", true, "what /readyz says")
	set.IntVar(&s.Faults.ProbeDelayMs, "probe-delay-ms", 0, "milliseconds before /healthz and /readyz answer")
	set.IntVar(&s.Faults.DelayMs, "delay-ms", 0, "milliseconds before a request is answered")
	set.IntVar(&s.Faults.JitterMs, "jitter-ms", 0, "random milliseconds more")
	set.Float64Var(&s.Faults.ErrorRate, "error-rate", 0, "share of requests that fail, 0 to 1")
	set.IntVar(&s.Faults.ErrorStatus, "error-status", 500, "status of those")
	set.IntVar(&s.Faults.Status, "status", 200, "status of the others")

	if err := readEnvironment(set, getenv); err != nil {
		return nil, err
	}
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	if set.NArg() > 0 {
		return nil, fmt.Errorf("unexpected %q", set.Arg(0))
	}
	return s, nil
}

// unmet lists the requirements on environment and files that do not hold.
func (s *settings) unmet(getenv func(string) (string, bool)) []string {
	var problems []string
	for _, rule := range s.RequireEnv {
		name, want, hasValue := strings.Cut(rule, "=")
		got, isSet := getenv(name)
		switch {
		case !isSet || got == "":
			problems = append(problems, fmt.Sprintf("environment variable %s is not set", name))
		case hasValue && got != want:
			problems = append(problems, fmt.Sprintf("environment variable %s is %q, expected %q", name, got, want))
		}
	}
	for _, rule := range s.RequireFile {
		path, want, hasText := strings.Cut(rule, "=")
		content, err := os.ReadFile(path)
		switch {
		case err != nil:
			problems = append(problems, fmt.Sprintf("file %s cannot be read: %v", path, err))
		case hasText && !strings.Contains(string(content), want):
			problems = append(problems, fmt.Sprintf("file %s does not contain %q", path, want))
		}
	}
	return problems
}

func readEnvironment(set *flag.FlagSet, getenv func(string) string) error {
	var failed error
	set.VisitAll(func(f *flag.Flag) {
		name := "ECHO_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if value := getenv(name); value != "" && failed == nil {
			if err := f.Value.Set(value); err != nil {
				failed = fmt.Errorf("%s=%q: %w", name, value, err)
			}
		}
	})
	return failed
}

type list struct{ set func(string) error }

func (list) String() string          { return "" }
func (l list) Set(text string) error { return l.set(text) }

func words(set *flag.FlagSet, target *[]string, name, usage string) {
	set.Var(list{func(text string) error {
		*target = nil
		for _, word := range strings.Split(text, ",") {
			if word = strings.TrimSpace(word); word != "" {
				*target = append(*target, word)
			}
		}
		return nil
	}}, name, usage)
}

func ports(set *flag.FlagSet, target *[]int, name, byDefault, usage string) {
	read := list{func(text string) error {
		*target = nil
		for _, word := range strings.Split(text, ",") {
			port, err := strconv.Atoi(strings.TrimSpace(word))
			if err != nil || port < 0 || port > 65535 {
				return fmt.Errorf("%q is not a port", word)
			}
			*target = append(*target, port)
		}
		return nil
	}}
	_ = read.Set(byDefault)
	set.Var(read, name, usage)
}

func hostname() string {
	name, _ := os.Hostname()
	return name
}
