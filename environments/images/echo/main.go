// An HTTP echo and fault server for the worlds of repair tasks: README.md says what it can do.
//
// Why Go: it goes into an image as one static file of a few megabytes, starts in milliseconds, and needs nothing else.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"
)

func main() {
	s, err := readSettings(os.Args[1:], os.Getenv)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		logEvent("bad settings", "error", err)
		os.Exit(2)
	}
	if problems := s.unmet(os.LookupEnv); len(problems) > 0 {
		for _, problem := range problems {
			logEvent("cannot start", "error", problem)
		}
		os.Exit(s.ExitCode)
	}
	if err := run(s); err != nil {
		logEvent("cannot go on", "error", err)
		os.Exit(1)
	}
}

// run serves until a signal ends it.
func run(s *settings) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	ballast := allocate(s.AllocateMB)
	defer runtime.KeepAlive(ballast)
	if !pause(signals, s.StartDelay) {
		return nil
	}
	echo := newServer(s)
	servers, err := echo.listen()
	if err != nil {
		return err
	}
	ctx, stopCalls := context.WithCancel(context.Background())
	go echo.caller.repeat(ctx, s.CallEvery)
	logEvent("started", "name", s.Name, "ports", s.Ports, "memoryMb", len(ballast)>>20)

	var crash <-chan time.Time
	if s.CrashAfter > 0 {
		crash = time.After(s.CrashAfter)
	}
	for {
		select {
		case <-crash:
			logEvent("crashing on purpose", "exitCode", s.ExitCode)
			os.Exit(s.ExitCode)
		case got := <-signals:
			if s.IgnoreTerm && got == syscall.SIGTERM {
				logEvent("signal ignored", "signal", got.String())
				continue
			}
			stopCalls()
			return echo.shutDown(servers, got)
		}
	}
}

// listen opens every port that the settings name; a port that is taken is an error.
func (s *server) listen() ([]*http.Server, error) {
	var servers []*http.Server
	serve := func(port int, handler http.Handler, isTLS bool) error {
		listener, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err != nil {
			return err
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		servers = append(servers, server)
		if isTLS {
			server.TLSConfig = s.tlsConfig()
			go func() { _ = server.ServeTLS(listener, "", "") }()
		} else {
			go func() { _ = server.Serve(listener) }()
		}
		return nil
	}
	for _, port := range s.settings.Ports {
		if err := serve(port, s.handler(), false); err != nil {
			return nil, err
		}
	}
	if s.settings.TLSPort > 0 {
		if err := serve(s.settings.TLSPort, s.handler(), true); err != nil {
			return nil, err
		}
	}
	if s.settings.ControlPort > 0 {
		control := http.NewServeMux()
		control.Handle("/fault", s.faults)
		if err := serve(s.settings.ControlPort, control, false); err != nil {
			return nil, err
		}
	}
	if s.settings.TCPPort > 0 {
		listener, err := net.Listen("tcp", fmt.Sprintf(":%d", s.settings.TCPPort))
		if err != nil {
			return nil, err
		}
		go serveTCP(listener)
	}
	if s.settings.UDPPort > 0 {
		conn, err := net.ListenPacket("udp", fmt.Sprintf(":%d", s.settings.UDPPort))
		if err != nil {
			return nil, err
		}
		go serveUDP(conn)
	}
	return servers, nil
}

// shutDown says it is not ready, answers for a while longer, lets requests end and closes.
func (s *server) shutDown(servers []*http.Server, got os.Signal) error {
	s.draining.Store(true)
	logEvent("draining", "signal", got.String(), "drain", s.settings.Drain.String())
	time.Sleep(s.settings.Drain)
	ctx, cancel := context.WithTimeout(context.Background(), s.settings.Grace)
	defer cancel()
	var group sync.WaitGroup
	failures := make([]error, len(servers))
	for i, server := range servers {
		group.Go(func() { failures[i] = server.Shutdown(ctx) })
	}
	group.Wait()
	err := errors.Join(failures...)
	logEvent("stopped", "isClean", err == nil)
	return err
}

// allocate takes memory and touches it, so that it counts.
func allocate(megabytes int) []byte {
	ballast := make([]byte, megabytes<<20)
	for i := 0; i < len(ballast); i += 4096 {
		ballast[i] = 1
	}
	return ballast
}

// pause tells whether the time passed before a signal came.
func pause(signals <-chan os.Signal, duration time.Duration) bool {
	if duration <= 0 {
		return true
	}
	select {
	case <-time.After(duration):
		return true
	case <-signals:
		return false
	}
}
