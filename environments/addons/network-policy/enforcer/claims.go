package main

import (
	"encoding/json"
	"log"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
	"k8s.io/apimachinery/pkg/types"
)

// claim says that the node's network plug-in gave an address to a pod. It is known when the sandbox is made, before
// any of the pod's processes runs and long before the kubelet publishes the address.
type claim struct {
	uid types.UID
	ip  netip.Addr
}

// claimStore follows the folder in which libcni keeps the result of every ADD until the matching DEL.
type claimStore struct {
	mutex  sync.Mutex
	byFile map[string]datedClaim
}

type datedClaim struct {
	claim
	at time.Time
}

// watchClaims reads the folder and follows it; the store works, empty, where that is not possible.
func watchClaims(dir string, kick func()) (*claimStore, error) {
	store := &claimStore{byFile: map[string]datedClaim{}}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return store, err
	}
	if err := watcher.Add(dir); err != nil {
		return store, err
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return store, err
	}
	for _, file := range files {
		store.read(filepath.Join(dir, file.Name()))
	}
	go func() {
		for {
			select {
			case event, isOpen := <-watcher.Events:
				if !isOpen {
					return
				}
				if store.read(event.Name) {
					kick()
				}
			case err := <-watcher.Errors:
				log.Printf("watching %s: %v", dir, err)
			}
		}
	}()
	return store, nil
}

// list is every claim, the oldest first: where two contradict each other, the later one is true.
func (s *claimStore) list() []claim {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	dated := make([]datedClaim, 0, len(s.byFile))
	for _, c := range s.byFile {
		dated = append(dated, c)
	}
	slices.SortFunc(dated, func(a, b datedClaim) int { return a.at.Compare(b.at) })
	claims := make([]claim, 0, len(dated))
	for _, c := range dated {
		claims = append(claims, c.claim)
	}
	return claims
}

// read takes in one file and tells whether that changed anything; one that is still being written is not yet a claim.
func (s *claimStore) read(file string) bool {
	found, isClaim := readClaim(file)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	known, wasClaim := s.byFile[file]
	if isClaim {
		s.byFile[file] = found
	} else {
		delete(s.byFile, file)
	}
	return isClaim != wasClaim || known != found
}

func readClaim(file string) (datedClaim, bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return datedClaim{}, false
	}
	info, err := os.Stat(file)
	if err != nil {
		return datedClaim{}, false
	}
	found, isClaim := parseClaim(text)
	return datedClaim{found, info.ModTime()}, isClaim
}

// parseClaim reads libcni's cache format; loopback results and those of other runtimes are no claims.
func parseClaim(text []byte) (claim, bool) {
	var cached struct {
		CniArgs [][2]string `json:"cniArgs"`
		Result  struct {
			IPs []struct {
				Address string `json:"address"`
			} `json:"ips"`
		} `json:"result"`
	}
	if json.Unmarshal(text, &cached) != nil {
		return claim{}, false
	}
	var c claim
	for _, arg := range cached.CniArgs {
		if arg[0] == "K8S_POD_UID" {
			c.uid = types.UID(arg[1])
		}
	}
	for _, ip := range cached.Result.IPs {
		if prefix, err := netip.ParsePrefix(ip.Address); err == nil && prefix.Addr().Is4() && !prefix.Addr().IsLoopback() {
			c.ip = prefix.Addr()
		}
	}
	return c, c.uid != "" && c.ip.IsValid()
}
