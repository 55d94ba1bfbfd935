// Enforces NetworkPolicies on one node: watches the cluster, and keeps one nftables table in step with it.
//
// Why Go: it lives on Kubernetes' own informers, types and selector semantics. ../README.md explains the rules it makes.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	node := flag.String("node", os.Getenv("NODE_NAME"), "the node whose pods are guarded")
	kubeconfig := flag.String("kubeconfig", "", "a kubeconfig; without one, the pod's service account")
	claimsDir := flag.String("cni-results", "/var/lib/cni/results", "where the container runtime keeps CNI results")
	health := flag.String("health", "127.0.0.1:9098", "the address that answers /ready")
	flag.Parse()
	if *node == "" {
		log.Fatal("no node: set NODE_NAME or --node")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	state := &readiness{}
	go serveHealth(*health, state)
	changed := make(chan struct{}, 1)
	kick := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	claims, err := watchClaims(*claimsDir, kick)
	if err != nil {
		log.Printf("addresses are known only once they are published: %v", err)
	}
	cluster, err := watchCluster(ctx, *kubeconfig, *node, kick)
	if err != nil {
		log.Fatal(err)
	}
	enforce(ctx, changed, state, func() string {
		world := cluster.world()
		world.claims = claims.list()
		return render(world)
	})
	// the table stays: policies hold while the enforcer is restarted
}

// enforce loads the rules whenever they changed, at most every 20 ms; again after a failure; and once a minute in any
// case, so that what something else did to the table does not last.
func enforce(ctx context.Context, changed <-chan struct{}, state *readiness, rules func() string) {
	again := time.NewTimer(0)
	var loaded string
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-again.C:
			loaded = ""
		}
		wanted := rules()
		if wanted != loaded {
			if err := loadRules(ctx, wanted); err != nil {
				log.Printf("rules refused: %v", err)
				state.set(false)
				again.Reset(time.Second)
				continue
			}
			loaded = wanted
			again.Reset(time.Minute)
		}
		state.set(true)
		time.Sleep(20 * time.Millisecond)
	}
}
