import { describe, expect, it } from 'vitest'
import { imagesInScript, imagesOf } from './images.ts'

describe('imagesOf', () => {
  it('finds images in pod templates at any depth, in init containers and in image volumes', () => {
    const pod = {
      initContainers: [{ name: 'a', image: 'busybox:1.37' }],
      containers: [{ name: 'b', image: 'nginx:1.29' }, { name: 'c' }],
      volumes: [{ name: 'd', image: { reference: 'data:1' } }, { name: 'e' }],
    }
    const cronJob = { spec: { jobTemplate: { spec: { template: { spec: pod } } } } }
    expect(imagesOf(cronJob)).toEqual(['busybox:1.37', 'nginx:1.29', 'data:1'])
  })

  it('takes nothing else for an image', () => {
    expect(imagesOf({ data: { image: 'nginx' }, spec: { image: 'x' } })).toEqual([])
  })
})

describe('imagesInScript', () => {
  it('finds images in manifests, flags and set image', () => {
    const script = `#!/bin/bash
kubectl apply -f - <<YAML
      containers:
        - name: a
          image: "redis:7" # cache
        - image: nginx:1.29
YAML
kubectl run x --image=busybox:1.37 -- sleep 1
kubectl create deployment y --image alpine:3
kubectl set image deployment/web \\
  web=kubemend/echo:1 side=localhost:5000/a/b@sha256:${'0'.repeat(64)} -n shop
kubectl patch deploy web -p '{"spec":{"containers":[{"image":"busybox:1.36"}]}}'
`
    expect(imagesInScript(script).toSorted()).toEqual([
      'alpine:3',
      'busybox:1.36',
      'busybox:1.37',
      'kubemend/echo:1',
      `localhost:5000/a/b@sha256:${'0'.repeat(64)}`,
      'nginx:1.29',
      'redis:7',
    ])
  })

  it('takes variables for nothing', () => {
    expect(imagesInScript('kubectl set image deployment/web web="$IMAGE"\nimage: ${IMAGE}\n')).toEqual([])
  })
})
