package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// faults is what can be wrong with the server, and can be changed while it runs.
type faults struct {
	Healthy      bool    `json:"healthy"`
	Ready        bool    `json:"ready"`
	ProbeDelayMs int     `json:"probeDelayMs"`
	DelayMs      int     `json:"delayMs"`
	JitterMs     int     `json:"jitterMs"`
	ErrorRate    float64 `json:"errorRate"`
	ErrorStatus  int     `json:"errorStatus"`
	Status       int     `json:"status"`
}

// faultState holds the faults of now and those the server started with.
type faultState struct {
	mu       sync.Mutex
	now      faults
	original faults
}

func newFaultState(f faults) *faultState {
	return &faultState{now: f, original: f}
}

func (s *faultState) get() faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// delay is how long this request has to wait.
func (f faults) delay() time.Duration {
	ms := f.DelayMs
	if f.JitterMs > 0 {
		ms += rand.IntN(f.JitterMs + 1)
	}
	return time.Duration(ms) * time.Millisecond
}

// answer is the status of this request: by chance an error, where an error rate is set.
func (f faults) answer() int {
	if f.ErrorRate > 0 && rand.Float64() < f.ErrorRate {
		return f.ErrorStatus
	}
	return f.Status
}

// ServeHTTP is /fault: GET shows, POST changes the fields it names, DELETE goes back to the start.
func (s *faultState) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Method {
	case http.MethodPost:
		next := s.now
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&next); err != nil {
			http.Error(w, fmt.Sprintf("not faults: %v", err), http.StatusBadRequest)
			return
		}
		s.now = next
		logEvent("faults changed", "faults", s.now)
	case http.MethodDelete:
		s.now = s.original
		logEvent("faults reset")
	case http.MethodGet:
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	writeJSON(w, http.StatusOK, s.now)
}
