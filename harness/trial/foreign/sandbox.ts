import type { ServiceSandbox } from './world.ts'
import type { ScriptRunnerOptions } from '../script-runner.ts'

/** The sandbox for scripts of a foreign task: its main, with a kubeconfig where the task looks for one. */
export function foreignSandbox(options: {
  /** Main, with files that are the agent's to spoil. */
  main: ServiceSandbox
  kubeconfig: string
  environment: Record<string, string>
  logs: string
}): ScriptRunnerOptions['sandboxWith'] {
  const { main, environment, logs } = options
  // the API server is behind the gateway, and the services are where they are
  const { signal: _, ports, ...sandbox } = main
  return (kubeconfig) => ({
    ...sandbox,
    ports: (ports ?? []).filter((port) => typeof port !== 'number' && typeof port.outside !== 'number'),
    mounts: [
      ...main.mounts,
      { from: logs, to: '/logs', isWritable: true },
      { from: kubeconfig, to: options.kubeconfig, isWritable: true },
    ],
    env: { ...main.env, ...environment },
  })
}
