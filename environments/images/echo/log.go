package main

import (
	"encoding/json"
	"net/http"
	"os"
	"sync"
	"time"
)

var logMutex sync.Mutex

// logEvent writes one JSON line: the time, what happened, and pairs of names and values.
func logEvent(event string, pairs ...any) {
	line := map[string]any{"time": time.Now().UTC().Format(time.RFC3339Nano), "event": event}
	for i := 0; i+1 < len(pairs); i += 2 {
		if err, isError := pairs[i+1].(error); isError {
			line[pairs[i].(string)] = err.Error()
		} else {
			line[pairs[i].(string)] = pairs[i+1]
		}
	}
	text, _ := json.Marshal(line)
	logMutex.Lock()
	defer logMutex.Unlock()
	_, _ = os.Stdout.Write(append(text, '\n'))
}

func writeJSON(w http.ResponseWriter, status int, content any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(content)
}
