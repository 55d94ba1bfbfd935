package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
)

// condition is what must hold for a packet to pass, in nft's words. The same condition is written for packets that
// go the connection's way and, mirrored, for those that come back.
type condition func(way way) string

// way says under which names a packet carries the other side's address and the port that was connected to.
type way struct{ peer, port string }

type direction struct {
	name         string
	kind         networking.PolicyType
	own          string
	there, reply way
}

// A packet on its way into a pod has the peer as its source; the answer has it as its destination.
var ingress = direction{
	name: "ingress", kind: networking.PolicyTypeIngress, own: "daddr",
	there: way{"saddr", "dport"}, reply: way{"daddr", "sport"},
}

var egress = direction{
	name: "egress", kind: networking.PolicyTypeEgress, own: "saddr",
	there: way{"daddr", "dport"}, reply: way{"saddr", "sport"},
}

// conditions are the ways to be allowed through, for one pod in one direction: the sum of all its policies' rules.
func (w world) conditions(d direction, pod *core.Pod, policies []*networking.NetworkPolicy, all []endpoint) (found []condition) {
	for _, policy := range policies {
		if d.kind == networking.PolicyTypeIngress {
			for _, rule := range policy.Spec.Ingress {
				onPod := portConditions(rule.Ports, func(name string, p core.Protocol) []int32 { return portsNamed(pod, name, p) })
				found = append(found, both(w.peerConditions(policy.Namespace, rule.From, all), onPod)...)
			}
			continue
		}
		for _, rule := range policy.Spec.Egress {
			numbered, named := splitPorts(rule.Ports)
			if len(rule.Ports) == 0 || len(numbered) > 0 {
				found = append(found, both(w.peerConditions(policy.Namespace, rule.To, all), portConditions(numbered, nil))...)
			}
			for _, port := range named {
				found = append(found, w.namedPeerConditions(policy.Namespace, rule.To, port, all)...)
			}
		}
	}
	return found
}

// peerConditions: no peers at all means everybody.
func (w world) peerConditions(namespace string, peers []networking.NetworkPolicyPeer, all []endpoint) []condition {
	if len(peers) == 0 {
		return []condition{func(way) string { return "" }}
	}
	var found []condition
	var addresses []string
	for _, e := range all {
		if slices.ContainsFunc(peers, func(p networking.NetworkPolicyPeer) bool { return p.IPBlock == nil && w.matches(p, namespace, e.pod) }) {
			addresses = append(addresses, e.ip.String())
		}
	}
	if len(addresses) > 0 {
		found = append(found, func(way way) string {
			return fmt.Sprintf("ip %s { %s } ", way.peer, strings.Join(addresses, ", "))
		})
	}
	for _, peer := range peers {
		if peer.IPBlock != nil {
			found = append(found, blockConditions(peer.IPBlock)...)
		}
	}
	return found
}

// namedPeerConditions: a port's name means what each destination pod says it means.
func (w world) namedPeerConditions(namespace string, peers []networking.NetworkPolicyPeer, port networking.NetworkPolicyPort, all []endpoint) []condition {
	protocol := protocolOf(port)
	var pairs []string
	for _, e := range all {
		isPeer := len(peers) == 0 || slices.ContainsFunc(peers, func(p networking.NetworkPolicyPeer) bool {
			if p.IPBlock != nil {
				return blockContains(p.IPBlock, e.ip)
			}
			return w.matches(p, namespace, e.pod)
		})
		if !isPeer {
			continue
		}
		for _, number := range portsNamed(e.pod, port.Port.StrVal, protocol) {
			pairs = append(pairs, fmt.Sprintf("%s . %d", e.ip, number))
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	return []condition{func(way way) string {
		return fmt.Sprintf("ip %s . %s %s { %s } ", way.peer, nftName(protocol), way.port, strings.Join(pairs, ", "))
	}}
}

// portConditions: no ports at all means every port of every protocol.
func portConditions(ports []networking.NetworkPolicyPort, resolve func(name string, protocol core.Protocol) []int32) []condition {
	if len(ports) == 0 {
		return []condition{func(way) string { return "" }}
	}
	var found []condition
	add := func(protocol core.Protocol, ports string) {
		found = append(found, func(way way) string { return fmt.Sprintf("%s %s %s ", nftName(protocol), way.port, ports) })
	}
	for _, port := range ports {
		protocol := protocolOf(port)
		switch {
		case port.Port == nil:
			found = append(found, func(way) string { return fmt.Sprintf("meta l4proto %s ", nftName(protocol)) })
		case port.Port.StrVal != "":
			for _, number := range resolve(port.Port.StrVal, protocol) {
				add(protocol, fmt.Sprint(number))
			}
		case port.EndPort != nil && *port.EndPort > port.Port.IntVal:
			add(protocol, fmt.Sprintf("%d-%d", port.Port.IntVal, *port.EndPort))
		default:
			add(protocol, fmt.Sprint(port.Port.IntVal))
		}
	}
	return found
}

// blockConditions: none for an IPv6 block, which no packet here can match.
func blockConditions(block *networking.IPBlock) []condition {
	prefix, isIPv4 := parsePrefix(block.CIDR)
	if !isIPv4 {
		return nil
	}
	except := exceptions(block)
	return []condition{func(way way) string {
		text := ""
		if prefix.Bits() > 0 {
			text = fmt.Sprintf("ip %s %s ", way.peer, prefix)
		}
		if len(except) > 0 {
			text += fmt.Sprintf("ip %s != { %s } ", way.peer, joinPrefixes(except))
		}
		return text
	}}
}

func blockContains(block *networking.IPBlock, ip netip.Addr) bool {
	prefix, isIPv4 := parsePrefix(block.CIDR)
	return isIPv4 && prefix.Contains(ip) &&
		!slices.ContainsFunc(exceptions(block), func(p netip.Prefix) bool { return p.Contains(ip) })
}

func exceptions(block *networking.IPBlock) []netip.Prefix {
	var found []netip.Prefix
	for _, text := range block.Except {
		if prefix, isIPv4 := parsePrefix(text); isIPv4 {
			found = append(found, prefix)
		}
	}
	return withoutContained(found)
}

// both is every combination of a peer and a port.
func both(peers, ports []condition) (found []condition) {
	for _, peer := range peers {
		for _, port := range ports {
			found = append(found, func(way way) string { return peer(way) + port(way) })
		}
	}
	return found
}

func splitPorts(ports []networking.NetworkPolicyPort) (numbered, named []networking.NetworkPolicyPort) {
	for _, port := range ports {
		if port.Port != nil && port.Port.StrVal != "" {
			named = append(named, port)
		} else {
			numbered = append(numbered, port)
		}
	}
	return numbered, named
}

func protocolOf(port networking.NetworkPolicyPort) core.Protocol {
	if port.Protocol == nil {
		return core.ProtocolTCP
	}
	return *port.Protocol
}

func nftName(protocol core.Protocol) string { return strings.ToLower(string(protocol)) }
