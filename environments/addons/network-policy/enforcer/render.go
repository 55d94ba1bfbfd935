package main

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// tableName is also in ../boot.nft, which guards a node until the first real table replaces it.
const tableName = "kubemend-network-policy"

// render writes the node's whole table. A packet passes when the connection it belongs to could be made now:
// packets of both ways are judged, by the same conditions, each time. So a policy holds for connections that are
// older than it, and what one side may start the other side may answer.
func render(w world) string {
	all := w.endpoints()
	var here []endpoint
	for _, e := range all {
		if e.pod.Spec.NodeName == w.node {
			here = append(here, e)
		}
	}
	var chains strings.Builder
	lookups := map[string][]lookup{}
	written := map[string]bool{}
	for _, d := range []direction{egress, ingress} {
		for _, e := range here {
			policies := w.policiesFor(e.pod, d.kind)
			if len(policies) == 0 {
				continue
			}
			conditions := w.conditions(d, e.pod, policies, all)
			name := chainName(d, conditions)
			if !written[name] {
				written[name] = true
				writeChain(&chains, name, d.there, conditions)
				writeChain(&chains, name+replies, d.reply, conditions)
			}
			lookups[d.name] = append(lookups[d.name], lookup{e.ip, name})
			lookups[d.name+replies] = append(lookups[d.name+replies], lookup{e.ip, name + replies})
		}
	}

	var out strings.Builder
	fmt.Fprintf(&out, "add table ip %s\ndelete table ip %s\ntable ip %s {\n", tableName, tableName, tableName)
	out.WriteString(chains.String())
	out.WriteString("\tchain forward {\n\t\ttype filter hook forward priority filter; policy accept;\n")
	// errors about a connection go to whoever has it
	out.WriteString("\t\tct state related meta l4proto icmp accept\n")
	writeGate(&out, w.podRanges, here)
	writeItself(&out, here)
	out.WriteString("\t\tct direction reply goto replies\n")
	writeLookup(&out, "saddr", lookups[egress.name])
	writeLookup(&out, "daddr", lookups[ingress.name])
	out.WriteString("\t}\n\tchain replies {\n")
	writeLookup(&out, "saddr", lookups[ingress.name+replies])
	writeLookup(&out, "daddr", lookups[egress.name+replies])
	out.WriteString("\t}\n}\n")
	return out.String()
}

const replies = "-replies"

// writeGate drops what belongs to a pod address that is not known yet: whose it is, and what may reach it, is decided
// first. The node itself reaches every pod, because what it sends and receives is not forwarded.
func writeGate(out *strings.Builder, podRanges []string, here []endpoint) {
	for _, text := range podRanges {
		prefix, isIPv4 := parsePrefix(text)
		if !isIPv4 {
			continue
		}
		for _, side := range []string{"saddr", "daddr"} {
			fmt.Fprintf(out, "\t\tip %s %s ", side, prefix)
			if known := within(prefix, here); len(known) > 0 {
				fmt.Fprintf(out, "ip %s != { %s } ", side, strings.Join(known, ", "))
			}
			out.WriteString("drop\n")
		}
	}
}

// writeItself lets a pod reach itself through a service, whatever its policies say.
func writeItself(out *strings.Builder, here []endpoint) {
	if len(here) == 0 {
		return
	}
	pairs := make([]string, len(here))
	for i, e := range here {
		pairs[i] = fmt.Sprintf("%s . %s", e.ip, e.ip)
	}
	fmt.Fprintf(out, "\t\tip saddr . ip daddr { %s } accept\n", strings.Join(pairs, ", "))
}

// lookup sends what belongs to a pod to the chain with its rules.
type lookup struct {
	ip    netip.Addr
	chain string
}

// writeLookup writes a rule for each address and no verdict map: kube-proxy lists the whole ruleset with the node's nft,
// and nft 1.0.6 (Debian 12) crashes on a map that a newer nft has written, which ends every update of Services.
func writeLookup(out *strings.Builder, field string, lookups []lookup) {
	for _, l := range lookups {
		fmt.Fprintf(out, "\t\tip %s %s jump %s\n", field, l.ip, l.chain)
	}
}

func writeChain(out *strings.Builder, name string, way way, conditions []condition) {
	fmt.Fprintf(out, "\tchain %s {\n", name)
	for _, line := range lines(way, conditions) {
		fmt.Fprintf(out, "\t\t%sreturn\n", line)
	}
	out.WriteString("\t\tdrop\n\t}\n")
}

// chainName is the same for pods with the same rules, who then share the chain.
func chainName(d direction, conditions []condition) string {
	sum := sha256.Sum256([]byte(strings.Join(lines(d.there, conditions), "\n")))
	return fmt.Sprintf("%s-%x", d.name, sum[:6])
}

func lines(way way, conditions []condition) []string {
	var found []string
	for _, condition := range conditions {
		if line := condition(way); !slices.Contains(found, line) {
			found = append(found, line)
		}
	}
	return found
}

func within(prefix netip.Prefix, endpoints []endpoint) (known []string) {
	for _, e := range endpoints {
		if prefix.Contains(e.ip) {
			known = append(known, e.ip.String())
		}
	}
	return known
}
