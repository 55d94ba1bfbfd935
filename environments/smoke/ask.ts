import type { SmokeContext } from './smoke-context.ts'

/** A pod to ask from. */
export function client(ctx: SmokeContext): ReturnType<SmokeContext['readyPod']> {
  return ctx.readyPod('client', { image: 'toolbox' })
}

/** Asks from the client pod until the answer is right; one exec, so that asking costs little. */
export async function eventually(ctx: SmokeContext, script: string, wanted: string, pod = 'client'): Promise<void> {
  const body = `end=$(($(date +%s) + 40)); while :; do a=$(${script}); [ "$a" = "$WANTED" ] && exit; [ $(date +%s) -ge $end ] && break; sleep 0.3; done; echo "last answer: $a" >&2; exit 1`
  await ctx.kubectl(['exec', pod, '--', 'env', `WANTED=${wanted}`, 'sh', '-c', body])
}
