package main

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

var buckets = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

// metrics counts requests and calls, and writes them as Prometheus reads them.
type metrics struct {
	mu       sync.Mutex
	started  time.Time
	requests map[string]uint64
	calls    map[string]uint64
	counts   []uint64
	sum      float64
	total    uint64
	inFlight int
}

func newMetrics() *metrics {
	return &metrics{
		started:  time.Now(),
		requests: map[string]uint64{},
		calls:    map[string]uint64{},
		counts:   make([]uint64, len(buckets)),
	}
}

// begin notes that a request is being answered; what it returns notes that it was.
func (m *metrics) begin(method string) func(status int) {
	start := time.Now()
	m.mu.Lock()
	m.inFlight++
	m.mu.Unlock()
	return func(status int) {
		seconds := time.Since(start).Seconds()
		m.mu.Lock()
		defer m.mu.Unlock()
		m.inFlight--
		m.requests[fmt.Sprintf(`method=%q,code="%d"`, method, status)]++
		m.sum += seconds
		m.total++
		for i, limit := range buckets {
			if seconds <= limit {
				m.counts[i]++
			}
		}
	}
}

func (m *metrics) called(target string, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[fmt.Sprintf(`target=%q,ok="%t"`, target, ok)]++
}

func (m *metrics) write(w http.ResponseWriter, isReady, isHealthy bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	counter(w, "echo_requests_total", "Requests answered.", m.requests)
	counter(w, "echo_calls_total", "Calls to dependencies.", m.calls)
	fmt.Fprintf(w, "# HELP echo_request_duration_seconds Time to answer.\n# TYPE echo_request_duration_seconds histogram\n")
	for i, limit := range buckets {
		fmt.Fprintf(w, "echo_request_duration_seconds_bucket{le=\"%g\"} %d\n", limit, m.counts[i])
	}
	fmt.Fprintf(w, "echo_request_duration_seconds_bucket{le=\"+Inf\"} %d\n", m.total)
	fmt.Fprintf(w, "echo_request_duration_seconds_sum %g\necho_request_duration_seconds_count %d\n", m.sum, m.total)
	gauge(w, "echo_requests_in_flight", "Requests being answered.", float64(m.inFlight))
	gauge(w, "echo_ready", "Whether /readyz says yes.", number(isReady))
	gauge(w, "echo_healthy", "Whether /healthz says yes.", number(isHealthy))
	gauge(w, "process_start_time_seconds", "Start time of the process.", float64(m.started.UnixMilli())/1000)
}

func counter(w http.ResponseWriter, name, help string, values map[string]uint64) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s counter\n", name, help, name)
	labels := make([]string, 0, len(values))
	for label := range values {
		labels = append(labels, label)
	}
	slices.Sort(labels)
	for _, label := range labels {
		fmt.Fprintf(w, "%s{%s} %d\n", name, label, values[label])
	}
}

func gauge(w http.ResponseWriter, name, help string, value float64) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s gauge\n%s %g\n", name, help, name, name, value)
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
