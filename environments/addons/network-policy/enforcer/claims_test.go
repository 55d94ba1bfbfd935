package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

const cniResult = `{"kind":"cniCacheV1","containerId":"c1","ifName":"eth0","networkName":"pods",
"cniArgs":[["IgnoreUnknown","1"],["K8S_POD_NAMESPACE","shop"],["K8S_POD_NAME","web"],["K8S_POD_UID","u-web"]],
"result":{"cniVersion":"1.0.0","ips":[{"address":"10.244.0.5/24","gateway":"10.244.0.1","interface":2}]}}`

func TestParseClaim(t *testing.T) {
	if c, isClaim := parseClaim([]byte(cniResult)); !isClaim || c.uid != "u-web" || c.ip.String() != "10.244.0.5" {
		t.Error(c, isClaim)
	}
	for name, text := range map[string]string{
		"half a file":           cniResult[:80],
		"nothing":               "",
		"a loopback result":     `{"cniArgs":[["K8S_POD_UID","u"]],"result":{"ips":[{"address":"127.0.0.1/8"}]}}`,
		"another orchestrator":  `{"result":{"ips":[{"address":"10.0.0.2/24"}]}}`,
		"an IPv6 address alone": `{"cniArgs":[["K8S_POD_UID","u"]],"result":{"ips":[{"address":"fd00::2/64"}]}}`,
	} {
		if c, isClaim := parseClaim([]byte(text)); isClaim {
			t.Error(name, c)
		}
	}
}

func TestClaimsFollowTheFolder(t *testing.T) {
	dir := t.TempDir()
	kicks := make(chan struct{}, 100)
	store, err := watchClaims(dir, func() { kicks <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	waitFor := func(what string, count int) {
		t.Helper()
		for len(store.list()) != count {
			select {
			case <-kicks:
			case <-time.After(5 * time.Second):
				t.Fatal("no word of", what)
			}
		}
	}
	file := filepath.Join(dir, "pods-c1-eth0")
	if err := os.WriteFile(file, []byte(cniResult), 0o600); err != nil {
		t.Fatal(err)
	}
	waitFor("a new result", 1)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	waitFor("its removal", 0)
}

func TestWithoutAFolderThereAreNoClaims(t *testing.T) {
	store, err := watchClaims(filepath.Join(t.TempDir(), "missing"), func() {})
	if err == nil || len(store.list()) != 0 {
		t.Error(store.list(), err)
	}
}
