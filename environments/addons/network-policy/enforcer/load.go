package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync/atomic"
)

// loadRules replaces the whole table in one transaction: no packet ever meets half of it.
func loadRules(ctx context.Context, rules string) error {
	command := exec.CommandContext(ctx, "nft", "-f", "-")
	command.Stdin = strings.NewReader(rules)
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(said))
	}
	return nil
}

// readiness tells whether the rules that are wanted are the ones that are loaded.
type readiness struct{ isReady atomic.Bool }

func (r *readiness) set(isReady bool) { r.isReady.Store(isReady) }

func serveHealth(address string, state *readiness) {
	http.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) {
		if !state.isReady.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	panic(http.ListenAndServe(address, nil))
}
