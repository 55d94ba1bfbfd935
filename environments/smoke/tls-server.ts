import { container, images, promptlyReady, service } from './pods.ts'
import type { SmokeContext } from './smoke-context.ts'

/**
 * Runs a Python program that serves HTTPS on port 8443 behind a service on port 443, with a certificate made in the
 * pod for the service's name; answers the certificate as a caBundle.
 */
export async function tlsServer(ctx: SmokeContext, name: string, program: string): Promise<string> {
  const host = `${name}.${ctx.namespace}.svc`
  const volumeMounts = [{ name: 'tls', mountPath: '/tls' }]
  const make = `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=smoke \
-addext subjectAltName=DNS:${host} -keyout /tls/tls.key -out /tls/tls.crt 2>/dev/null && cat /tls/tls.crt`
  await ctx.apply(service(name, name, {}, [{ port: 443, targetPort: 8443 }]))
  await ctx.pod(name, {
    labels: { app: name },
    spec: {
      initContainers: [container('certificate', { image: 'toolbox', script: make, container: { volumeMounts } })],
      containers: [
        {
          name: 'main',
          image: images.python,
          imagePullPolicy: 'IfNotPresent',
          command: ['python3', '-uc', program],
          volumeMounts,
          ...promptlyReady(8443),
        },
      ],
      volumes: [{ name: 'tls', emptyDir: { medium: 'Memory' } }],
    },
  })
  await ctx.ready(name)
  return Buffer.from(await ctx.log(name, { container: 'certificate' })).toString('base64')
}
