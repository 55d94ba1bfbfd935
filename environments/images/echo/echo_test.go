package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func read(t *testing.T, variables map[string]string, args ...string) *settings {
	t.Helper()
	s, err := readSettings(args, func(name string) string { return variables[name] })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAFlagWinsOverTheEnvironment(t *testing.T) {
	s := read(t, map[string]string{"ECHO_PORT": "1,2", "ECHO_READY_AFTER": "3s", "ECHO_NAME": "env"}, "--name", "flag")
	if len(s.Ports) != 2 || s.Ports[1] != 2 || s.ReadyAfter != 3*time.Second || s.Name != "flag" {
		t.Fatalf("%+v", s)
	}
}

func TestBadSettingsAreNamed(t *testing.T) {
	_, err := readSettings(nil, func(name string) string {
		return map[string]string{"ECHO_PORT": "http"}[name]
	})
	if err == nil || !strings.Contains(err.Error(), "ECHO_PORT") {
		t.Fatal(err)
	}
}

func TestRequirementsThatDoNotHoldAreListed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte("mode=production"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := read(t, nil, "--require-env", "A,B=2,C=3", "--require-file", file+"=production,"+file+"=debug,/missing")
	unmet := s.unmet(func(name string) (string, bool) {
		value, ok := map[string]string{"B": "1", "C": "3"}[name]
		return value, ok
	})
	if len(unmet) != 4 {
		t.Fatal(unmet)
	}
}

func TestOnlyFilesUnderTheRootsAreRead(t *testing.T) {
	root := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret")
	for _, path := range []string{filepath.Join(root, "inside"), outside} {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := newServer(read(t, nil, "--file-roots", root))
	if !s.mayRead(filepath.Join(root, "inside")) || s.mayRead(outside) || s.mayRead(root+"-other") {
		t.Fatal("the roots do not hold")
	}
}

func TestPasswordsStayOutOfTheLog(t *testing.T) {
	if got := withoutPassword("redis://:secret@host:6379"); strings.Contains(got, "secret") {
		t.Fatal(got)
	}
}
