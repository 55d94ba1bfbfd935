package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// call is how one call to a dependency went.
type call struct {
	Target     string  `json:"target"`
	OK         bool    `json:"ok"`
	Status     int     `json:"status,omitempty"`
	Error      string  `json:"error,omitempty"`
	DurationMs float64 `json:"durationMs"`
}

// caller calls the server's dependencies, logs how that went and remembers the last answers.
type caller struct {
	targets []string
	timeout time.Duration
	metrics *metrics
	client  *http.Client

	mu   sync.Mutex
	last []call
}

func newCaller(s *settings, m *metrics) *caller {
	// no kept connections: every call is to show what a new one would meet
	transport := &http.Transport{DisableKeepAlives: true, Proxy: nil}
	return &caller{targets: s.Calls, timeout: s.CallTimeout, metrics: m, client: &http.Client{Transport: transport}}
}

// callAll calls every dependency at once.
func (c *caller) callAll(ctx context.Context) []call {
	results := make([]call, len(c.targets))
	var group sync.WaitGroup
	for i, target := range c.targets {
		group.Go(func() { results[i] = c.callOne(ctx, target) })
	}
	group.Wait()
	c.mu.Lock()
	c.last = results
	c.mu.Unlock()
	return results
}

// lastOK tells whether the last calls were made and all succeeded.
func (c *caller) lastOK() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.last) == len(c.targets) && allOK(c.last)
}

// repeat calls again and again until the context ends.
func (c *caller) repeat(ctx context.Context, every time.Duration) {
	if len(c.targets) == 0 || every <= 0 {
		return
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		c.callAll(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (c *caller) callOne(ctx context.Context, target string) call {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	start := time.Now()
	status, err := c.reach(ctx, target)
	result := call{Target: withoutPassword(target), OK: err == nil, Status: status, DurationMs: milliseconds(time.Since(start))}
	if err != nil {
		result.Error = err.Error()
	}
	c.metrics.called(result.Target, result.OK)
	if ctx.Err() != context.Canceled {
		logEvent("call", "target", result.Target, "ok", result.OK, "status", status, "error", result.Error, "durationMs", result.DurationMs)
	}
	return result
}

func (c *caller) reach(ctx context.Context, target string) (int, error) {
	u, err := url.Parse(target)
	if err != nil {
		return 0, err
	}
	switch u.Scheme {
	case "http", "https":
		return c.reachHTTP(ctx, target)
	case "tcp":
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
		if err == nil {
			_ = conn.Close()
		}
		return 0, err
	case "dns":
		_, err := net.DefaultResolver.LookupHost(ctx, u.Host)
		return 0, err
	case "redis":
		return 0, reachRedis(ctx, u)
	}
	return 0, fmt.Errorf("cannot call %q: expected http, https, tcp, dns or redis", u.Scheme)
}

func (c *caller) reachHTTP(ctx context.Context, target string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return 0, err
	}
	response, err := c.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20)); err != nil {
		return response.StatusCode, err
	}
	if response.StatusCode >= 400 {
		return response.StatusCode, fmt.Errorf("answered %d", response.StatusCode)
	}
	return response.StatusCode, nil
}

// reachRedis logs in where the URL has a password, and pings.
func reachRedis(ctx context.Context, u *url.URL) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", withPort(u.Host, "6379"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	answers := bufio.NewReader(conn)
	if password, ok := u.User.Password(); ok {
		if err := redisCommand(conn, answers, "AUTH", password); err != nil {
			return err
		}
	}
	return redisCommand(conn, answers, "PING")
}

func redisCommand(conn net.Conn, answers *bufio.Reader, words ...string) error {
	message := fmt.Sprintf("*%d\r\n", len(words))
	for _, word := range words {
		message += fmt.Sprintf("$%d\r\n%s\r\n", len(word), word)
	}
	if _, err := io.WriteString(conn, message); err != nil {
		return err
	}
	answer, err := answers.ReadString('\n')
	if err != nil {
		return err
	}
	if strings.HasPrefix(answer, "-") {
		return fmt.Errorf("redis: %s", strings.TrimSpace(answer[1:]))
	}
	return nil
}

func allOK(calls []call) bool {
	for _, c := range calls {
		if !c.OK {
			return false
		}
	}
	return true
}

func withPort(host, port string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return net.JoinHostPort(host, port)
}

func withoutPassword(target string) string {
	if u, err := url.Parse(target); err == nil {
		return u.Redacted()
	}
	return target
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Microseconds()) / 1000
}
