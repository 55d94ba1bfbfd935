package main

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// server answers HTTP: echoes, probes, metrics, and faults on purpose.
type server struct {
	settings *settings
	faults   *faultState
	metrics  *metrics
	caller   *caller
	started  time.Time
	draining atomic.Bool
}

func newServer(s *settings) *server {
	m := newMetrics()
	return &server{settings: s, faults: newFaultState(s.Faults), metrics: m, caller: newCaller(s, m), started: time.Now()}
}

// handler is every path of the public ports.
func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", s.probe(s.isHealthy))
	mux.HandleFunc("/livez", s.probe(s.isHealthy))
	mux.HandleFunc("/readyz", s.probe(s.isReady))
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		s.metrics.write(w, s.isReady(), s.isHealthy())
	})
	mux.HandleFunc("/", s.counted(s.echo))
	mux.HandleFunc("/env", s.counted(func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, environment()) }))
	mux.HandleFunc("/hostname", s.counted(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, hostname()+"\n")
	}))
	mux.HandleFunc("/status/{code}", s.counted(statusOnDemand))
	mux.HandleFunc("/delay/{duration}", s.counted(delayOnDemand))
	mux.HandleFunc("/work/{duration}", s.counted(workOnDemand))
	mux.HandleFunc("GET /file", s.counted(s.file))
	mux.HandleFunc("/call", s.counted(s.callNow))
	return mux
}

func (s *server) isHealthy() bool {
	isOld := s.settings.UnhealthyAfter > 0 && time.Since(s.started) > s.settings.UnhealthyAfter
	return s.faults.get().Healthy && !isOld
}

func (s *server) isReady() bool {
	isYoung := time.Since(s.started) < s.settings.ReadyAfter
	lacksCalls := s.settings.ReadyNeedsCalls && !s.caller.lastOK()
	return s.faults.get().Ready && !isYoung && !lacksCalls && !s.draining.Load()
}

func (s *server) probe(isFine func() bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !wait(r.Context(), time.Duration(s.faults.get().ProbeDelayMs)*time.Millisecond) {
			return
		}
		if isFine() {
			_, _ = io.WriteString(w, "ok\n")
		} else {
			http.Error(w, "not ok", http.StatusServiceUnavailable)
		}
	}
}

// counted delays, fails and counts requests as the faults say.
func (s *server) counted(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		end := s.metrics.begin(r.Method)
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		defer func() { end(recorder.status) }()
		f := s.faults.get()
		if !wait(r.Context(), f.delay()) {
			recorder.status = 499
			return
		}
		if status := f.answer(); status >= 400 {
			writeJSON(recorder, status, map[string]any{"name": s.settings.Name, "error": "fault", "status": status})
			return
		}
		next(recorder, r)
	}
}

func (s *server) echo(w http.ResponseWriter, r *http.Request) {
	status := s.faults.get().Status
	var calls []call
	if s.settings.CallPerRequest {
		if calls = s.caller.callAll(r.Context()); !allOK(calls) {
			writeJSON(w, http.StatusBadGateway, map[string]any{"name": s.settings.Name, "error": "a call failed", "calls": calls})
			return
		}
	}
	if s.settings.Text != "" {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, s.settings.Text+"\n")
		return
	}
	body, _ := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	writeJSON(w, status, map[string]any{
		"name":     s.settings.Name,
		"hostname": hostname(),
		"method":   r.Method,
		"host":     r.Host,
		"path":     r.URL.Path,
		"query":    r.URL.Query(),
		"headers":  r.Header,
		"body":     string(body),
		"remote":   r.RemoteAddr,
		"tls":      r.TLS != nil,
		"calls":    calls,
	})
}

func (s *server) callNow(w http.ResponseWriter, r *http.Request) {
	calls := s.caller.callAll(r.Context())
	status := http.StatusOK
	if !allOK(calls) {
		status = http.StatusBadGateway
	}
	writeJSON(w, status, map[string]any{"name": s.settings.Name, "calls": calls})
}

// file answers what a file holds, where it lies under one of the folders that may be read.
func (s *server) file(w http.ResponseWriter, r *http.Request) {
	path, err := filepath.EvalSymlinks(filepath.Clean(r.URL.Query().Get("path")))
	if err != nil || !s.mayRead(path) {
		http.Error(w, "no such file, or not under --file-roots", http.StatusNotFound)
		return
	}
	http.ServeFile(w, r, path)
}

func (s *server) mayRead(path string) bool {
	for _, root := range s.settings.FileRoots {
		real, err := filepath.EvalSymlinks(root)
		if err == nil && (path == real || strings.HasPrefix(path, real+string(filepath.Separator))) {
			return true
		}
	}
	return false
}

func statusOnDemand(w http.ResponseWriter, r *http.Request) {
	code, err := strconv.Atoi(r.PathValue("code"))
	if err != nil || code < 200 || code > 599 {
		http.Error(w, "expected a status between 200 and 599", http.StatusBadRequest)
		return
	}
	writeJSON(w, code, map[string]any{"status": code})
}

func delayOnDemand(w http.ResponseWriter, r *http.Request) {
	duration, err := time.ParseDuration(r.PathValue("duration"))
	if err != nil || duration > time.Hour {
		http.Error(w, "expected a duration such as 1.5s", http.StatusBadRequest)
		return
	}
	if wait(r.Context(), duration) {
		writeJSON(w, http.StatusOK, map[string]any{"waited": duration.String()})
	}
}

// workOnDemand keeps one core busy, as load for autoscalers.
func workOnDemand(w http.ResponseWriter, r *http.Request) {
	duration, err := time.ParseDuration(r.PathValue("duration"))
	if err != nil || duration > time.Minute {
		http.Error(w, "expected a duration such as 200ms, at most 1m", http.StatusBadRequest)
		return
	}
	rounds := 0
	for end := time.Now().Add(duration); time.Now().Before(end) && r.Context().Err() == nil; {
		for i := range 10_000 {
			rounds += i & 1
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"worked": duration.String(), "rounds": rounds})
}

func environment() map[string]string {
	variables := map[string]string{}
	for _, line := range os.Environ() {
		name, value, _ := strings.Cut(line, "=")
		variables[name] = value
	}
	return variables
}

// wait tells whether the time passed before the client went away.
func wait(ctx context.Context, duration time.Duration) bool {
	if duration <= 0 {
		return true
	}
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// tlsConfig reads the certificate anew for each connection, so a rotated one is used at once.
func (s *server) tlsConfig() *tls.Config {
	return &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(s.settings.TLSCert, s.settings.TLSKey)
		if err != nil {
			logEvent("certificate unusable", "error", err)
		}
		return &pair, err
	}}
}

// serveTCP sends every connection its own bytes back.
func serveTCP(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = conn.Close() }()
			_, _ = io.Copy(conn, conn)
		}()
	}
}

// serveUDP sends every packet back to where it came from.
func serveUDP(conn net.PacketConn) {
	buffer := make([]byte, 64<<10)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		_, _ = conn.WriteTo(buffer[:n], from)
	}
}
