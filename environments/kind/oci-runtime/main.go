// oci-runtime stands before runc for machines that may do less than Docker's privileged mode asks for: what the
// bounding set lacks is taken out of a container's capabilities, and an OOM score that may not be lowered stays as
// it is. Where nothing is missing it changes nothing.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

func main() {
	runc, err := exec.LookPath("runc")
	exitOn(err)
	if file, path := specOf(os.Args[1:]); file != "" {
		exitOn(adaptFile(file, path, readLimits()))
	}
	exitOn(syscall.Exec(runc, append([]string{"runc"}, os.Args[1:]...), os.Environ()))
}

// specOf answers the file that tells runc what to start, and where in it the process is described.
func specOf(args []string) (file string, path []string) {
	bundle, process, verb := ".", "", ""
	for i := 0; i < len(args); i++ {
		name, value, hasValue := strings.Cut(args[i], "=")
		if !hasValue && i+1 < len(args) {
			value = args[i+1]
		}
		switch name {
		case "--bundle", "-b":
			bundle = value
		case "--process", "-p":
			process = value
		case "create", "run", "restore", "exec":
			if verb == "" {
				verb = name
			}
		}
	}
	switch {
	case verb == "exec":
		return process, nil
	case verb != "":
		return filepath.Join(bundle, "config.json"), []string{"process"}
	}
	return "", nil
}

type limits struct {
	// bounding holds one bit a capability.
	bounding uint64
	// oomScore is what a score may not go below.
	oomScore int
}

func readLimits() limits {
	now := limits{bounding: ^uint64(0), oomScore: -1000}
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		if value, isIt := strings.CutPrefix(line, "CapBnd:"); isIt {
			if bits, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64); err == nil {
				now.bounding = bits
			}
		}
	}
	if now.bounding&(1<<24) == 0 { // CAP_SYS_RESOURCE
		score, _ := os.ReadFile("/proc/self/oom_score_adj")
		now.oomScore, _ = strconv.Atoi(strings.TrimSpace(string(score)))
	}
	return now
}

func adaptFile(file string, path []string, allowed limits) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var spec map[string]any
	if err := decoder.Decode(&spec); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	process := spec
	for _, key := range path {
		process, _ = process[key].(map[string]any)
	}
	if !adaptProcess(process, allowed) {
		return nil
	}
	adapted, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	return os.WriteFile(file, adapted, 0o600)
}

// adaptProcess says whether it changed anything.
func adaptProcess(process map[string]any, allowed limits) bool {
	isChanged := false
	sets, _ := process["capabilities"].(map[string]any)
	for name, value := range sets {
		wanted, _ := value.([]any)
		kept := make([]any, 0, len(wanted))
		for _, capability := range wanted {
			if allowed.has(fmt.Sprint(capability)) {
				kept = append(kept, capability)
			}
		}
		if len(kept) != len(wanted) {
			sets[name] = kept
			isChanged = true
		}
	}
	if wanted, isNumber := process["oomScoreAdj"].(json.Number); isNumber {
		if score, err := wanted.Int64(); err == nil && int(score) < allowed.oomScore {
			process["oomScoreAdj"] = allowed.oomScore
			isChanged = true
		}
	}
	return isChanged
}

func (l limits) has(capability string) bool {
	for bit, name := range capabilities {
		if capability == "CAP_"+name {
			return l.bounding&(1<<bit) != 0
		}
	}
	return true
}

// capabilities by their number, from linux/capability.h.
var capabilities = strings.Fields(`
	CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
	NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE
	SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE
	AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF
	CHECKPOINT_RESTORE`)

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "oci-runtime:", err)
		os.Exit(1)
	}
}
