package main

import (
	"net/netip"
	"slices"
	"strings"

	utilnet "k8s.io/utils/net"
)

// parsePrefix reads an IPv4 block as the API accepts it: host bits and leading zeros are let through by older servers.
func parsePrefix(text string) (netip.Prefix, bool) {
	_, block, err := utilnet.ParseCIDRSloppy(text)
	if err != nil || block.IP.To4() == nil {
		return netip.Prefix{}, false
	}
	ip, _ := netip.AddrFromSlice(block.IP.To4())
	bits, _ := block.Mask.Size()
	return netip.PrefixFrom(ip, bits), true
}

// withoutContained drops blocks that lie within others: nft refuses sets whose ranges overlap.
func withoutContained(prefixes []netip.Prefix) []netip.Prefix {
	sorted := slices.Clone(prefixes)
	slices.SortFunc(sorted, func(a, b netip.Prefix) int {
		if a.Bits() != b.Bits() {
			return a.Bits() - b.Bits()
		}
		return a.Addr().Compare(b.Addr())
	})
	var kept []netip.Prefix
	for _, prefix := range sorted {
		if !slices.ContainsFunc(kept, func(k netip.Prefix) bool { return k.Overlaps(prefix) }) {
			kept = append(kept, prefix)
		}
	}
	return kept
}

func joinPrefixes(prefixes []netip.Prefix) string {
	texts := make([]string, len(prefixes))
	for i, prefix := range prefixes {
		texts[i] = prefix.String()
	}
	return strings.Join(texts, ", ")
}
