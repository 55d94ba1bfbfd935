import { z } from 'zod'
import { parseDuration } from '../harness/base/duration.ts'

/** The namespace of what a check looks at. */
export const namespaceParam: z.ZodString = z.string().min(1).meta({ description: 'The namespace.' })

/** A name, with what it is the name of. */
export function nameParam(ofWhat: string): z.ZodString {
  return z
    .string()
    .min(1)
    .meta({ description: `The name of the ${ofWhat}.` })
}

/** One object, as `deployment/checkout`. */
export function objectParam(description: string): z.ZodType<string> {
  return z
    .string()
    .refine((text) => /^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z0-9.-]+)?\/[^\s/*]+$/.test(text), {
      error: (issue) => `expected an object such as deployment/checkout, got ${JSON.stringify(issue.input)}`,
    })
    .meta({ description, pattern: '^[A-Za-z][A-Za-z0-9]*(\\.[A-Za-z0-9.-]+)?/[^\\s/*]+$' })
}

/** One workload, as `deployment/web`. */
export function workloadParam(description: string): z.ZodType<string> {
  return z
    .string()
    .refine((text) => workloadPattern.test(text), {
      error: (issue) => `expected a workload such as deployment/web or pod/client, got ${JSON.stringify(issue.input)}`,
    })
    .meta({ description, examples: ['deployment/web', 'statefulset/db', 'pod/client'] })
}

/** A regular expression as text. */
export function patternParam(description: string): z.ZodType<string> {
  return z
    .string()
    .refine(isPattern, { error: (issue) => `expected a regular expression, got ${JSON.stringify(issue.input)}` })
    .meta({ description, format: 'regex' })
}

/** A duration as text, read with `parseDuration`. */
export function durationParam(description: string): z.ZodType<string> {
  return z
    .string()
    .refine((text) => parseDuration(text) !== undefined, {
      error: (issue) => `expected a duration such as 10s or 1m30s, got ${JSON.stringify(issue.input)}`,
    })
    .meta({ description })
}

/** A TCP port. */
export const portParam: z.ZodNumber = z.int().min(1).max(65_535).meta({ description: 'The port.' })

/** The container of a pod to look into. */
export const containerParam: z.ZodOptional<z.ZodString> = z
  .string()
  .min(1)
  .optional()
  .meta({ description: 'The container; the first one of the pod unless told.' })

const workloadPattern =
  /^(deployments?|deploy|statefulsets?|sts|daemonsets?|ds|replicasets?|rs|jobs?|cronjobs?|cj|pods?|po)(\.[a-z.]+)?\/[^\s/*]+$/i

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'm') instanceof RegExp
  } catch {
    return false
  }
}
