/** Answers and labelled references that the text metrics are compared on with the published implementation. */
export function goldenCases(): [answer: string, reference: string][] {
  const pick = createDice(20260525)
  const mutated = references.flatMap((reference) =>
    Array.from({ length: 24 }, (): [string, string] => [mutate(unlabel(reference), pick), reference]),
  )
  const crossed = references.flatMap((a) => references.map((b): [string, string] => [unlabel(a), b]))
  return [...crossed, ...mutated, ...oddities]
}

/** A sequence of numbers that is the same on every machine; `dice(n)` is one of 0 to n-1. */
function createDice(seed: number): (sides: number) => number {
  let state = seed >>> 0
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

function unlabel(reference: string): string {
  return reference.replaceAll(/[ \t]*#[ \t]*\*[ \t]*$/gm, '')
}

/** A few edits of lines and words, the kind that models make. */
function mutate(text: string, dice: (sides: number) => number): string {
  let lines = text.split('\n')
  for (let edits = 1 + dice(6); edits > 0; edits--) {
    const at = dice(lines.length)
    const line = lines[at] ?? ''
    const kind = dice(9)
    if (kind === 0) lines.splice(at, 1)
    else if (kind === 1) lines.splice(at, 0, line)
    else if (kind === 2) lines[at] = line.replace(/[a-z]+$/, (word) => `${word}-x`)
    else if (kind === 3) lines[at] = line.replace(/\d+/, (digits) => String(Number(digits) + 1))
    else if (kind === 4) lines[at] = line.replace(/: (\S+)$/, ': "$1"')
    else if (kind === 5) lines[at] = `${line} # why not`
    else if (kind === 6) lines = [...lines.slice(at), ...lines.slice(0, at)]
    else if (kind === 7) lines[at] = line.replace(/(\w)(\w)(\w*):/, '$2$1$3:')
    else lines[at] = `  ${line}`
  }
  return lines.join('\n')
}

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web # *
  labels: {app: web, tier: front}
spec:
  replicas: 3
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: nginx # *
        image: nginx:1.27.2 # *
        ports:
        - containerPort: 80
        - containerPort: 443
        env:
        - name: MODE
          value: "on"
        - name: LIMIT
          value: "012"
        resources:
          limits: {cpu: 500m, memory: 256Mi}
`

const references: readonly string[] = [
  deployment,
  `apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: NodePort
  selector: {app: web}
  ports:
  - name: http # *
    port: 80
    targetPort: 8080
    nodePort: 30080 # *
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  greeting: hello
  verbose: "true"
  script: |
    #!/bin/sh
    echo "one: two"
    exit 0
`,
  `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules:
- apiGroups: [""]
  resources: [pods, pods/log]
  verbs: [get, list, watch]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get]
`,
  `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: db-only # *
spec:
  podSelector: &db
    matchLabels: {app: db}
  policyTypes: [Ingress, Egress]
  ingress:
  - from:
    - podSelector: {matchLabels: {app: api}}
    ports:
    - {protocol: TCP, port: 5432}
  egress: []
`,
  `apiVersion: batch/v1
kind: CronJob
metadata:
  name: nightly
spec:
  schedule: "15 2 * * *"
  suspend: no
  startingDeadlineSeconds: 1_800
  jobTemplate:
    spec:
      backoffLimit: 2
      template:
        spec:
          restartPolicy: Never
          containers:
          - name: job
            image: busybox # *
            command: [sh, -c, "date; sleep 5"]
`,
  `# a long list, in which lines repeat often enough to be popular
apiVersion: v1
kind: ConfigMap
metadata:
  name: many
data:
${Array.from({ length: 120 }, (_, i) => `  key-${i}: value\n  # note`).join('\n')}
`,
]

const oddities: readonly [string, string][] = [
  ['', ''],
  ['', deployment],
  ['   \n\n', deployment],
  ['a b c', 'a b c d'],
  ['a b c d', 'a b c d'],
  ['a a a a a a', 'a b a b a b'],
  ['w x y z', 'a b c d'],
  ['the cat sat on the mat', 'the cat sat on a mat today'],
  ['a: 1', 'a: 1.0'],
  ['a: 1', 'a: true'],
  ['a: yes', 'a: true'],
  ['a: "yes"', 'a: yes'],
  ['a: 0644', 'a: 420'],
  ['a: 0o644', 'a: 420'],
  ['a: 1e3', 'a: 1000.0'],
  ['a: 1.0e+3', 'a: 1000.0'],
  ['a: 12:30:45', 'a: 45045'],
  ['a: 0x1F', 'a: 31'],
  ['a: .5', 'a: 0.5'],
  ['a: .nan', 'a: .nan'],
  ['a: ~', 'a:'],
  ['a: null', 'a: ""'],
  ['a: 2026-11-21', 'a: "2026-11-21"'],
  ['a: 2026-11-21T10:00:00Z', 'a: 2026-11-21 10:00:00'],
  ['a: 2026-11-21T12:00:00+02:00', 'a: 2026-11-21T10:00:00Z'],
  ['a: =', 'a: ='],
  ['a: !!str 1', 'a: "1"'],
  ['a: !!int "7"', 'a: 7'],
  ['a: !custom x', 'a: x'],
  ['a: 1\na: 2', 'a: 2'],
  ['base: &b {x: 1}\nuse:\n  <<: *b\n  y: 2', 'base: {x: 1}\nuse: {x: 1, y: 2}'],
  ['base: &b {x: 1}\nuse:\n  x: 3\n  <<: [*b, {x: 9, z: 1}]', 'base: {x: 1}\nuse: {x: 3, z: 1}'],
  ['a: *missing', 'a: 1'],
  ['a: [1, 2', 'a: [1, 2]'],
  ['- 1\n- 2', '- 1\n- 2'],
  ['a: 1\n---\nb: 2', 'a: 1\n---\nb: 2'],
  ['a: 1\n---\n', 'a: 1'],
  ['a: 1', 'a: 1\n---\nb: 2 # *'],
  ['a: 1\n...\n', 'a: 1'],
  ['a: [1, {b: 2}]', 'a: [1, {b: 2}]'],
  ['a: [{b: 2}, 1]', 'a: [{b: 2}, 1]'],
  ['a: [{b: 2}, {b: 3}]', 'a: [{b: 3}, {b: 2}]'],
  ['a: {}', 'a: {}'],
  ['{}', '{}'],
  ['1: x', '1: x'],
  ['a: 5', 'a: 7 # *'],
  ['a:\n  b: 5', 'a: # *\n  b: 5'],
  ['a: "x # *"', 'a: "x # *"'],
  ['a: x#*', 'a: x#*'],
  ['a:\tb', 'a: b'],
  ['\ta: b', 'a: b'],
  ['grüße: "straße"', 'grüße: "strasse"'],
  ['a: 😀😀😀', 'a: 😀😀x'],
  ['a\u00a0b\u2003c d', 'a b c d'],
  ['one\x0ctwo\u2028three', 'one\ntwo\nthree'],
  ['x\r\ny\rz', 'x\ny\nz'],
  ['same\nsame\nother', 'other\nsame\nsame'],
  ['ab\ncd\nab', 'cd\nab\ncd'],
  ['abcdefgh\nijkl', 'ijkl\nabcdefgx'],
  ['a: 123456789012345678901234567890', 'a: 123456789012345678901234567891'],
  ['a: |\n  x\n  y\n', 'a: "x\\ny\\n"'],
  ['a: >-\n  x\n  y', 'a: x y'],
  ["a: 'it''s'", "a: it's"],
  ['a: "\\u0041\\n"', 'a: "A\\n"'],
]
