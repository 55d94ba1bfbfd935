package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"time"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	networkinglisters "k8s.io/client-go/listers/networking/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// cluster is what the informers know.
type cluster struct {
	node       string
	nodes      corelisters.NodeLister
	pods       corelisters.PodLister
	namespaces corelisters.NamespaceLister
	policies   networkinglisters.NetworkPolicyLister
}

// watchCluster returns once everything has been read; from then on every change calls kick.
func watchCluster(ctx context.Context, kubeconfig, node string, kick func()) (*cluster, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.ContentType = "application/vnd.kubernetes.protobuf"
	// at boot the service's address may not lead anywhere yet: give up early and try again
	dialer := &net.Dialer{Timeout: time.Second, KeepAlive: 30 * time.Second}
	config.Dial = dialer.DialContext
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	if err := waitForServer(ctx, client); err != nil {
		return nil, err
	}

	everywhere := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTransform(slim))
	here := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTransform(slim),
		informers.WithTweakListOptions(func(options *meta.ListOptions) {
			options.FieldSelector = fields.OneTermEqualSelector("metadata.name", node).String()
		}))
	c := &cluster{
		node:       node,
		nodes:      here.Core().V1().Nodes().Lister(),
		pods:       everywhere.Core().V1().Pods().Lister(),
		namespaces: everywhere.Core().V1().Namespaces().Lister(),
		policies:   everywhere.Networking().V1().NetworkPolicies().Lister(),
	}
	onChange := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { kick() },
		UpdateFunc: func(any, any) { kick() },
		DeleteFunc: func(any) { kick() },
	}
	for _, informer := range []cache.SharedIndexInformer{
		here.Core().V1().Nodes().Informer(),
		everywhere.Core().V1().Pods().Informer(),
		everywhere.Core().V1().Namespaces().Informer(),
		everywhere.Networking().V1().NetworkPolicies().Informer(),
	} {
		if _, err := informer.AddEventHandler(onChange); err != nil {
			return nil, err
		}
	}
	for _, factory := range []informers.SharedInformerFactory{here, everywhere} {
		factory.Start(ctx.Done())
	}
	for _, factory := range []informers.SharedInformerFactory{here, everywhere} {
		for kind, isSynced := range factory.WaitForCacheSync(ctx.Done()) {
			if !isSynced {
				return nil, fmt.Errorf("could not read %v", kind)
			}
		}
	}
	return c, nil
}

// world is a view of the cluster as it is known now.
func (c *cluster) world() world {
	pods, _ := c.pods.List(labels.Everything())
	policies, _ := c.policies.List(labels.Everything())
	namespaces, _ := c.namespaces.List(labels.Everything())
	w := world{node: c.node, pods: pods, policies: policies, namespaceLabels: map[string]labels.Set{}}
	for _, namespace := range namespaces {
		w.namespaceLabels[namespace.Name] = namespace.Labels
	}
	if node, err := c.nodes.Get(c.node); err == nil {
		w.podRanges = node.Spec.PodCIDRs
	}
	return w
}

// waitForServer asks until the API server answers: informers would back off for longer and longer.
func waitForServer(ctx context.Context, client kubernetes.Interface) error {
	for attempt := 0; ; attempt++ {
		_, err := client.Discovery().ServerVersion()
		if err == nil {
			return nil
		}
		if attempt%20 == 0 {
			log.Printf("waiting for the API server: %v", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// slim drops what the rules do not depend on, which is nearly everything.
func slim(object any) (any, error) {
	switch o := object.(type) {
	case *core.Pod:
		return &core.Pod{
			ObjectMeta: slimMeta(o.ObjectMeta),
			Spec: core.PodSpec{
				NodeName:       o.Spec.NodeName,
				HostNetwork:    o.Spec.HostNetwork,
				Containers:     slimContainers(o.Spec.Containers),
				InitContainers: slimContainers(o.Spec.InitContainers),
			},
			Status: core.PodStatus{Phase: o.Status.Phase, PodIP: o.Status.PodIP, PodIPs: o.Status.PodIPs},
		}, nil
	case *core.Node:
		return &core.Node{ObjectMeta: slimMeta(o.ObjectMeta), Spec: core.NodeSpec{PodCIDRs: o.Spec.PodCIDRs}}, nil
	case *core.Namespace:
		return &core.Namespace{ObjectMeta: slimMeta(o.ObjectMeta)}, nil
	case *networking.NetworkPolicy:
		return &networking.NetworkPolicy{ObjectMeta: slimMeta(o.ObjectMeta), Spec: o.Spec}, nil
	}
	return object, nil
}

func slimMeta(m meta.ObjectMeta) meta.ObjectMeta {
	slim := meta.ObjectMeta{
		Namespace: m.Namespace, Name: m.Name, UID: m.UID, Labels: m.Labels,
		ResourceVersion: m.ResourceVersion, CreationTimestamp: m.CreationTimestamp,
	}
	if uid, isMirror := m.Annotations[core.MirrorPodAnnotationKey]; isMirror {
		slim.Annotations = map[string]string{core.MirrorPodAnnotationKey: uid}
	}
	return slim
}

func slimContainers(containers []core.Container) (slim []core.Container) {
	for _, c := range containers {
		slim = append(slim, core.Container{Ports: c.Ports, RestartPolicy: c.RestartPolicy})
	}
	return slim
}
