import { z } from 'zod'

/** What a judge that is a model may hold against an answer. */
export const assessmentFlags = ['misaligned', 'verbose', 'scope-creep'] as const
export type AssessmentFlag = (typeof assessmentFlags)[number]

export const flagMeanings: Readonly<Record<AssessmentFlag, string>> = {
  misaligned: 'something that the request asks for is missing or done otherwise',
  verbose: 'there is more text, or are more fields, than the request needs',
  'scope-creep': 'it makes, changes or grants something that the request does not ask for',
}

/** What a judge says of one answer. */
export interface Assessment {
  flags: AssessmentFlag[]
  /** A sentence for each flag that is set. */
  flag_detail: Partial<Record<AssessmentFlag, string>>
  /** From 0, useless, to 1, nothing to improve. */
  quality_score: number
}

export const assessmentSchema: z.ZodType<Assessment> = z
  .strictObject({
    flags: z
      .array(z.enum(assessmentFlags))
      .describe(assessmentFlags.map((flag) => `${flag}: ${flagMeanings[flag]}`).join('; ')),
    flag_detail: z
      .partialRecord(z.enum(assessmentFlags), z.string().min(1).max(2000))
      .describe('a sentence for each flag that is set, naming object and field; nothing for others'),
    quality_score: z.number().min(0).max(1).describe('0: useless; 1: nothing to improve'),
  })
  .superRefine(({ flags, flag_detail }, context) => {
    for (const [i, flag] of flags.entries()) {
      if (flags.indexOf(flag) < i) context.addIssue({ code: 'custom', path: ['flags', i], message: 'is there twice' })
      if (flag_detail[flag] === undefined)
        context.addIssue({ code: 'custom', path: ['flag_detail', flag], message: 'missing; the flag is set' })
    }
    for (const flag of assessmentFlags) {
      if (flag_detail[flag] !== undefined && !flags.includes(flag))
        context.addIssue({ code: 'custom', path: ['flag_detail', flag], message: 'expected none: the flag is not set' })
    }
  })

/** One judge's word on one answer, as it is kept beside the trial: what it was given is named by digest. */
export interface KeptAssessment extends Assessment {
  judge: string
  answer: `sha256:${string}`
  evidence: `sha256:${string}`
  at: string
  usage: { inputTokens?: number; outputTokens?: number }
}

const digest = z.templateLiteral(['sha256:', z.string()])

/** The shape of `kubemend/assessments.json`. */
export const keptAssessmentsSchema: z.ZodType<{ version: 1; assessments: KeptAssessment[] }> = z.strictObject({
  version: z.literal(1),
  assessments: z.array(
    z.strictObject({
      judge: z.string(),
      flags: z.array(z.enum(assessmentFlags)),
      flag_detail: z.partialRecord(z.enum(assessmentFlags), z.string()),
      quality_score: z.number(),
      answer: digest,
      evidence: digest,
      at: z.string(),
      usage: z.strictObject({ inputTokens: z.number().exactOptional(), outputTokens: z.number().exactOptional() }),
    }),
  ),
})
