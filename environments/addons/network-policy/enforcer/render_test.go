package main

import (
	"bytes"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"
)

// Two namespaces: shop with web (here) and db (here), ops with agent (on another node), and a pod on the host's network.
const pods = `
- {metadata: {name: web, namespace: shop, uid: u-web, labels: {app: web}}, spec: {nodeName: here, containers: [{name: c, ports: [{name: http, containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}]}]}, status: {phase: Running, podIP: 10.244.0.5}}
- {metadata: {name: db, namespace: shop, uid: u-db, labels: {app: db}}, spec: {nodeName: here, containers: [{name: c, ports: [{name: http, containerPort: 80}]}]}, status: {phase: Running, podIP: 10.244.0.6}}
- {metadata: {name: agent, namespace: ops, uid: u-agent, labels: {app: agent}}, spec: {nodeName: there, containers: [{name: c}], initContainers: [{name: s, restartPolicy: Always, ports: [{name: http, containerPort: 9000}]}]}, status: {phase: Running, podIP: 10.244.1.7}}
- {metadata: {name: host, namespace: shop, uid: u-host, labels: {app: web}}, spec: {nodeName: here, hostNetwork: true, containers: [{name: c}]}, status: {phase: Running, podIP: 10.200.0.2}}
- {metadata: {name: done, namespace: shop, uid: u-done, labels: {app: web}}, spec: {nodeName: here, containers: [{name: c}]}, status: {phase: Succeeded, podIP: 10.244.0.9}}
`

func testWorld(t *testing.T, policies ...string) world {
	t.Helper()
	w := world{
		node:      "here",
		podRanges: []string{"10.244.0.0/24", "fd00::/64"},
		namespaceLabels: map[string]labels.Set{
			"shop": {"kubernetes.io/metadata.name": "shop", "team": "shop"},
			"ops":  {"kubernetes.io/metadata.name": "ops", "team": "ops"},
		},
	}
	read(t, pods, &w.pods)
	for i, spec := range policies {
		policy := &networking.NetworkPolicy{}
		policy.Namespace, policy.Name = "shop", string(rune('a'+i))
		read(t, spec, &policy.Spec)
		w.policies = append(w.policies, policy)
	}
	return w
}

func read(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

// chainOf is the body of the chain that a pod's address leads to in one lookup of one hook chain, one line a condition.
func chainOf(rules, hook, lookup, ip string) string {
	_, section, _ := strings.Cut(rules, "chain "+hook+" {\n")
	section, _, _ = strings.Cut(section, "\t}")
	if !regexp.MustCompile(lookup + ` [0-9.]+ jump `).MatchString(section) {
		return "no lookup"
	}
	_, name, isThere := strings.Cut(section, lookup+" "+ip+" jump ")
	if !isThere {
		return "not in the lookup"
	}
	name, _, _ = strings.Cut(name, "\n")
	_, body, _ := strings.Cut(rules, "chain "+name+" {\n")
	body, _, _ = strings.Cut(body, "\t}")
	return strings.TrimSpace(strings.ReplaceAll(body, "\t", ""))
}

func TestRules(t *testing.T) {
	const isolatesNobody = "no lookup"
	for _, c := range []struct {
		name     string
		policies []string
		// what decides about web, on the way in or out
		direction string
		want      string
	}{
		{"no policy leaves a pod open", nil, "in", isolatesNobody},
		{"an empty ingress denies all", []string{`{podSelector: {}, policyTypes: [Ingress]}`}, "in", "drop"},
		{"ingress alone does not touch egress", []string{`{podSelector: {}, policyTypes: [Ingress]}`}, "out", isolatesNobody},
		{"an empty egress denies all", []string{`{podSelector: {}, policyTypes: [Egress]}`}, "out", "drop"},
		{"missing types mean ingress", []string{`{podSelector: {}}`}, "in", "drop"},
		{"missing types do not mean egress without egress rules", []string{`{podSelector: {}}`}, "out", isolatesNobody},
		{"missing types mean egress where it has rules", []string{`{podSelector: {}, egress: [{}]}`}, "out", "return\ndrop"},
		{"an empty rule allows everything", []string{`{podSelector: {}, ingress: [{}]}`}, "in", "return\ndrop"},
		{"a selector that misses leaves a pod open", []string{`{podSelector: {matchLabels: {app: other}}}`}, "in", isolatesNobody},
		{"pods of the policy's namespace",
			[]string{`{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}]}`}, "in",
			"ip saddr { 10.244.0.6 } return\ndrop"},
		{"an empty podSelector means the namespace, without the host's pods and finished ones",
			[]string{`{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}`}, "in",
			"ip saddr { 10.244.0.5, 10.244.0.6 } return\ndrop"},
		{"a namespace by its name",
			[]string{`{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}]}]}`}, "in",
			"ip saddr { 10.244.1.7 } return\ndrop"},
		{"an empty namespaceSelector means every pod",
			[]string{`{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}`}, "in",
			"ip saddr { 10.244.0.5, 10.244.0.6, 10.244.1.7 } return\ndrop"},
		{"both selectors in one peer must hold",
			[]string{`{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: ops}}, podSelector: {matchLabels: {app: db}}}]}]}`}, "in",
			"drop"},
		{"two peers are alternatives",
			[]string{`{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: ops}}}, {podSelector: {matchLabels: {app: db}}}]}]}`}, "in",
			"ip saddr { 10.244.0.6, 10.244.1.7 } return\ndrop"},
		{"expressions are selectors too",
			[]string{`{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [db]}]}, ingress: [{from: [{podSelector: {matchExpressions: [{key: app, operator: Exists}]}}]}]}`}, "in",
			"ip saddr { 10.244.0.5, 10.244.0.6 } return\ndrop"},
		{"ports, a range and a whole protocol",
			[]string{`{podSelector: {}, ingress: [{ports: [{port: 80}, {port: 8000, endPort: 8100, protocol: UDP}, {protocol: SCTP}]}]}`}, "in",
			"tcp dport 80 return\nudp dport 8000-8100 return\nmeta l4proto sctp return\ndrop"},
		{"SCTP ports", []string{`{podSelector: {}, ingress: [{ports: [{port: 7, endPort: 9, protocol: SCTP}]}]}`}, "in",
			"sctp dport 7-9 return\ndrop"},
		{"a port's name is looked up in the pod that is reached",
			[]string{`{podSelector: {}, ingress: [{ports: [{port: http}]}]}`}, "in",
			"tcp dport 8080 return\ndrop"},
		{"a port's name counts with its protocol",
			[]string{`{podSelector: {}, ingress: [{ports: [{port: dns}, {port: dns, protocol: UDP}]}]}`}, "in",
			"udp dport 53 return\ndrop"},
		{"a name nobody has allows nothing",
			[]string{`{podSelector: {}, ingress: [{ports: [{port: nope}]}], egress: [{ports: [{port: nope}]}]}`}, "out",
			"drop"},
		{"on the way out a name is what each destination says, sidecars included",
			[]string{`{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}], ports: [{port: http}, {port: 53, protocol: UDP}]}]}`}, "out",
			"ip daddr { 10.244.0.5, 10.244.0.6, 10.244.1.7 } udp dport 53 return\nip daddr . tcp dport { 10.244.0.5 . 8080, 10.244.0.6 . 80, 10.244.1.7 . 9000 } return\ndrop"},
		{"a name towards a block means the pods in it",
			[]string{`{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.244.0.0/24, except: [10.244.0.6/32]}}], ports: [{port: http}]}]}`}, "out",
			"ip daddr . tcp dport { 10.244.0.5 . 8080 } return\ndrop"},
		{"a block with exceptions that overlap",
			[]string{`{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.7/8, except: [10.1.2.0/24, 10.1.0.0/16, 10.9.0.0/16]}}]}]}`}, "out",
			"ip daddr 10.0.0.0/8 ip daddr != { 10.1.0.0/16, 10.9.0.0/16 } return\ndrop"},
		{"the whole of IPv4 is no condition",
			[]string{`{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}]}`}, "out",
			"tcp dport 443 return\ndrop"},
		{"an IPv6 block allows nothing here",
			[]string{`{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: "::/0"}}]}]}`}, "in", "drop"},
		{"policies add up",
			[]string{
				`{podSelector: {}, policyTypes: [Ingress]}`,
				`{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}]}`,
				`{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}]}`,
			}, "in",
			"tcp dport 80 return\nip saddr { 10.244.0.6 } return\ndrop"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rules := render(testWorld(t, c.policies...))
			lookup := map[string]string{"in": "ip daddr", "out": "ip saddr"}[c.direction]
			got := chainOf(rules, "forward", lookup, "10.244.0.5")
			if got != c.want {
				t.Errorf("got %q\nwant %q\n%s", got, c.want, rules)
			}
			checkByNft(t, rules)
		})
	}
}

func TestAnswersAreJudgedByTheSameConditions(t *testing.T) {
	rules := render(testWorld(t, `{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress],
		ingress: [{from: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 80}]}],
		egress: [{to: [{ipBlock: {cidr: 192.0.2.0/24}}], ports: [{port: 53, protocol: UDP}]}]}`))
	for lookup, want := range map[string]string{
		"ip saddr": "ip daddr { 10.244.0.6 } tcp sport 80 return\ndrop",
		"ip daddr": "ip saddr 192.0.2.0/24 udp sport 53 return\ndrop",
	} {
		if got := chainOf(rules, "replies", lookup, "10.244.0.5"); got != want {
			t.Errorf("%s: got %q, want %q\n%s", lookup, got, want, rules)
		}
	}
}

func TestOnlyPodsOfThisNodeAreGuarded(t *testing.T) {
	rules := render(testWorld(t, `{podSelector: {}}`))
	if strings.Contains(rules, "10.244.1.7 : jump") || strings.Contains(rules, "10.200.0.2") {
		t.Error(rules)
	}
}

func TestPodsWithTheSameRulesShareAChain(t *testing.T) {
	rules := render(testWorld(t, `{podSelector: {}, ingress: [{ports: [{port: 80}]}]}`))
	if n := strings.Count(rules, "chain ingress-"); n != 2 {
		t.Errorf("%d chains, not one and its replies\n%s", n, rules)
	}
}

func TestAnAddressIsClosedUntilItsPodIsKnown(t *testing.T) {
	w := testWorld(t)
	if rules := render(w); !strings.Contains(rules, "ip daddr 10.244.0.0/24 ip daddr != { 10.244.0.5, 10.244.0.6 } drop") {
		t.Error(rules)
	}
	w.pods = nil
	if rules := render(w); !strings.Contains(rules, "ip saddr 10.244.0.0/24 drop") {
		t.Error(rules)
	}
	checkByNft(t, render(w))
}

func TestAClaimIsBelievedBeforeTheAddressIsPublished(t *testing.T) {
	w := testWorld(t, `{podSelector: {matchLabels: {app: web}}}`)
	w.pods[0].Status = core.PodStatus{Phase: core.PodPending}
	if rules := render(w); strings.Contains(rules, "10.244.0.5") {
		t.Error("an address out of nowhere", rules)
	}
	w.claims = []claim{{"u-web", netip.MustParseAddr("10.244.0.4")}, {"u-web", netip.MustParseAddr("10.244.0.8")}}
	rules := render(w)
	if !strings.Contains(rules, "ip daddr 10.244.0.8 jump") || strings.Contains(rules, "10.244.0.4") {
		t.Error("the later claim of a pod is its address", rules)
	}
}

func TestAnAddressGoesToItsLatestClaimant(t *testing.T) {
	w := testWorld(t, `{podSelector: {matchLabels: {app: db}}}`)
	w.claims = []claim{{"u-db", netip.MustParseAddr("10.244.0.5")}}
	rules := render(w)
	if !strings.Contains(rules, "ip daddr 10.244.0.5 jump") || !strings.Contains(rules, "{ 10.244.0.5 . 10.244.0.5 }") {
		t.Error(rules)
	}
	w.claims = []claim{{"u-nobody-knows", netip.MustParseAddr("10.244.0.5")}}
	if rules := render(w); strings.Contains(rules, "10.244.0.5") {
		t.Error("an address claimed by an unknown pod is not known", rules)
	}
}

func TestOfTwoPodsWithOneAddressTheYoungerHasIt(t *testing.T) {
	w := testWorld(t, `{podSelector: {matchLabels: {app: db}}}`)
	w.pods[1].Status.PodIP = "10.244.0.5"
	read(t, `"2026-01-02T00:00:00Z"`, &w.pods[1].CreationTimestamp)
	read(t, `"2026-01-01T00:00:00Z"`, &w.pods[0].CreationTimestamp)
	rules := render(w)
	if !strings.Contains(rules, "ip daddr 10.244.0.5 jump") {
		t.Error(rules)
	}
	checkByNft(t, rules)
}

func TestStaticPodsAreKnownByTheirRuntimeUID(t *testing.T) {
	w := testWorld(t)
	w.pods[0].Annotations = map[string]string{core.MirrorPodAnnotationKey: "u-static"}
	w.claims = []claim{{types.UID("u-static"), netip.MustParseAddr("10.244.0.5")}}
	if rules := render(w); !strings.Contains(rules, "10.244.0.5") {
		t.Error(rules)
	}
}

// checkByNft lets nft itself read the rules, without loading them; it only answers root.
func checkByNft(t *testing.T, rules string) {
	t.Helper()
	if _, err := exec.LookPath("nft"); err != nil || os.Geteuid() != 0 {
		return
	}
	command := exec.Command("nft", "--check", "--file", "-")
	command.Stdin = strings.NewReader(rules)
	if said, err := command.CombinedOutput(); err != nil {
		t.Errorf("nft: %s\n%s", bytes.TrimSpace(said), rules)
	}
}
