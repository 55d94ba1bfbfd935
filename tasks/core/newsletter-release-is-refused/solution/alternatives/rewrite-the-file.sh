#!/bin/bash
# kubemend canary 1003eeb9-9601-4394-a508-3e30827a65db
# The same repair in another hand: the file written anew, in flow style and another order.
set -euo pipefail
cat > /app/deploy/20-deployment.yaml <<'YAML'
kind: Deployment
apiVersion: apps/v1
metadata: { name: newsletter, namespace: newsletter, labels: { app: newsletter } }
spec:
  selector: { matchLabels: { app: newsletter } }
  replicas: 3
  template:
    metadata: { labels: { version: "4.2", app: newsletter } }
    spec:
      containers:
        - name: sender
          image: registry.shop.example/newsletter:4.2
          env:
            - { name: SMTP_HOST, valueFrom: { configMapKeyRef: { key: SMTP_HOST, name: mail-settings } } }
            - { name: SMTP_PORT, valueFrom: { configMapKeyRef: { key: SMTP_PORT, name: mail-settings } } }
            - { name: SENDER, valueFrom: { configMapKeyRef: { key: SENDER, name: mail-settings } } }
          ports: [{ name: http, containerPort: 8080 }, { name: metrics, containerPort: 9090 }]
          readinessProbe: { httpGet: { path: /readyz, port: http } }
          livenessProbe: { httpGet: { path: /healthz, port: http } }
          resources: { requests: { cpu: 50m, memory: 64Mi }, limits: { memory: 128Mi } }
YAML
