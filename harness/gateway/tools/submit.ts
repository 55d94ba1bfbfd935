import { z } from 'zod'
import { defineTool, type Tool } from '../define-tool.ts'

/** How an agent ends its trial. */
export function submitTool(submit: (call: string, summary: string) => void, name = 'submit'): Tool {
  return defineTool({
    name,
    title: 'Submit your work',
    description:
      'Says that you are done. Call it once, when the task is fulfilled or you cannot get any further; nothing can be ' +
      'changed afterwards. The state that you leave behind is what will be judged, not the summary.',
    input: z.strictObject({
      summary: z.string().describe('What was wrong, what you changed, and how you checked it'),
    }),
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    isFree: true,
    async run({ summary }, call) {
      submit(call.id, summary)
      return { text: 'Submitted. The trial is over; you can stop now.' }
    },
  })
}
