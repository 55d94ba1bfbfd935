package main

import (
	"net/netip"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
)

// world is everything the rules of one node depend on.
type world struct {
	node            string
	podRanges       []string
	pods            []*core.Pod
	policies        []*networking.NetworkPolicy
	namespaceLabels map[string]labels.Set
	claims          []claim
}

// endpoint is a pod that policies apply to, with the address its packets carry.
type endpoint struct {
	pod *core.Pod
	ip  netip.Addr
}

// endpoints are all pods with an address of their own, in order of their addresses; those here may not have published
// theirs yet.
func (w world) endpoints() []endpoint {
	claimed, owners := map[types.UID]netip.Addr{}, map[netip.Addr]types.UID{}
	for _, c := range w.claims {
		claimed[c.uid], owners[c.ip] = c.ip, c.uid
	}
	var found []endpoint
	for _, pod := range w.pods {
		if pod.Spec.HostNetwork || pod.Status.Phase == core.PodSucceeded || pod.Status.Phase == core.PodFailed {
			continue
		}
		ip := publishedIP(pod)
		if pod.Spec.NodeName == w.node {
			if own, isClaimed := claimed[runtimeUID(pod)]; isClaimed {
				ip = own
			}
			if owner, isClaimed := owners[ip]; isClaimed && owner != runtimeUID(pod) {
				continue // the address has gone to another pod
			}
		}
		if ip.IsValid() {
			found = append(found, endpoint{pod, ip})
		}
	}
	slices.SortFunc(found, func(a, b endpoint) int {
		if order := a.ip.Compare(b.ip); order != 0 {
			return order
		}
		return b.pod.CreationTimestamp.Compare(a.pod.CreationTimestamp.Time)
	})
	// of two that say they have an address, the younger one does
	return slices.CompactFunc(found, func(a, b endpoint) bool { return a.ip == b.ip })
}

// policiesFor are the policies that isolate a pod in one direction, in a fixed order.
func (w world) policiesFor(pod *core.Pod, direction networking.PolicyType) []*networking.NetworkPolicy {
	var found []*networking.NetworkPolicy
	for _, policy := range w.policies {
		if policy.Namespace == pod.Namespace && hasType(policy, direction) &&
			selects(&policy.Spec.PodSelector, pod.Labels) {
			found = append(found, policy)
		}
	}
	slices.SortFunc(found, func(a, b *networking.NetworkPolicy) int { return strings.Compare(a.Name, b.Name) })
	return found
}

// matches tells whether a peer with selectors means this pod; without a namespaceSelector, only the policy's own
// namespace counts.
func (w world) matches(peer networking.NetworkPolicyPeer, policyNamespace string, pod *core.Pod) bool {
	if peer.PodSelector == nil && peer.NamespaceSelector == nil {
		return false
	}
	if peer.PodSelector != nil && !selects(peer.PodSelector, pod.Labels) {
		return false
	}
	if peer.NamespaceSelector == nil {
		return pod.Namespace == policyNamespace
	}
	return selects(peer.NamespaceSelector, w.namespaceLabels[pod.Namespace])
}

// hasType applies the API's defaults, in case a policy comes without: Ingress always, Egress when it has egress rules.
func hasType(policy *networking.NetworkPolicy, direction networking.PolicyType) bool {
	if len(policy.Spec.PolicyTypes) > 0 {
		return slices.Contains(policy.Spec.PolicyTypes, direction)
	}
	return direction == networking.PolicyTypeIngress || len(policy.Spec.Egress) > 0
}

// selects is false for a selector that cannot be read: as a peer it then allows nobody.
func selects(selector *meta.LabelSelector, set labels.Set) bool {
	compiled, err := meta.LabelSelectorAsSelector(selector)
	return err == nil && compiled.Matches(set)
}

// runtimeUID is the UID that the container runtime knows: for a static pod, not that of its mirror.
func runtimeUID(pod *core.Pod) types.UID {
	if uid, isMirror := pod.Annotations[core.MirrorPodAnnotationKey]; isMirror {
		return types.UID(uid)
	}
	return pod.UID
}

func publishedIP(pod *core.Pod) netip.Addr {
	for _, text := range append([]core.PodIP{{IP: pod.Status.PodIP}}, pod.Status.PodIPs...) {
		if ip, err := netip.ParseAddr(text.IP); err == nil && ip.Is4() {
			return ip
		}
	}
	return netip.Addr{}
}

// portsNamed are the numbers that a pod gives to a port's name.
func portsNamed(pod *core.Pod, name string, protocol core.Protocol) (numbers []int32) {
	for _, container := range append(slices.Clone(pod.Spec.Containers), sidecars(pod)...) {
		for _, port := range container.Ports {
			isSame := port.Protocol == protocol || port.Protocol == "" && protocol == core.ProtocolTCP
			if port.Name == name && isSame && !slices.Contains(numbers, port.ContainerPort) {
				numbers = append(numbers, port.ContainerPort)
			}
		}
	}
	return numbers
}

func sidecars(pod *core.Pod) (found []core.Container) {
	for _, c := range pod.Spec.InitContainers {
		if c.RestartPolicy != nil && *c.RestartPolicy == core.ContainerRestartPolicyAlways {
			found = append(found, c)
		}
	}
	return found
}
