import { jsonSchema, tool, type ModelMessage, type ToolSet } from 'ai'
import { sleep } from '../../harness/base/clock.ts'
import type { Judge } from '../../harness/manifest/assess/assess-answer.ts'
import { isTransient } from '../provider-failure.ts'
import { askModel } from './ask-model.ts'
import { loadModel, type ModelChoice } from './choose-model.ts'

/** A model of any provider as a judge: it reports by calling the one tool that it has. */
export function createModelJudge(choice: ModelChoice, retry: { tries: number; firstMs: number } = patient): Judge {
  return {
    name: `${choice.provider}/${choice.model}`,
    async ask({ system, messages, report, signal }) {
      const model = await loadModel(choice)
      const tools: ToolSet = Object.fromEntries([
        [report.name, tool({ description: report.description, inputSchema: jsonSchema(report.schema as never) })],
      ])
      const asked = messages.map((content): ModelMessage => ({ role: 'user', content }))
      for (let i = 1; ; i++) {
        const { answer, failure } = await askModel({
          model,
          system,
          messages: asked,
          tools,
          effort: undefined,
          stallMs: 120_000,
          signal,
        })
        if (failure && isTransient(failure.kind) && i < retry.tries) {
          await sleep(failure.retryAfterMs ?? retry.firstMs * 2 ** (i - 1), signal)
          continue
        }
        if (failure) return { failure: `${failure.kind}: ${failure.message}` }
        const { inputTokens, outputTokens } = answer.usage
        const usage = {
          ...(inputTokens === undefined ? {} : { inputTokens }),
          ...(outputTokens === undefined ? {} : { outputTokens }),
        }
        // without a call there is no report, and what was said instead does not fit the schema
        return { report: answer.calls[0]?.arguments ?? answer.text, usage }
      }
    },
  }
}

const patient = { tries: 4, firstMs: 1000 }
