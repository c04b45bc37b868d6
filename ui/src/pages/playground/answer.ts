import type { Schemas } from '../../api/client'
import { Problem } from '../../api/problem'
import type { Frame } from './sse'

export type Wish = Schemas['PlaygroundRequest']
type Summary = Schemas['PlaygroundSummary']

export type AnswerState = 'running' | 'done' | 'failed' | 'stopped'

/** What is known of one model's answer. What nobody told is absent. */
export interface Answer {
  state: AnswerState
  /** Of which model it was asked. */
  model: string
  /** When it was asked for, in ms. */
  askedAt: number
  /** When its first piece came, in ms, as seen from here. */
  firstAt?: number
  /** When something of it came last, in ms, as seen from here; once it is over, when that was. */
  lastAt: number
  text: string
  /** What a reasoning model thought before. */
  thought: string
  /** What the gateway counted: it comes at the end. */
  summary?: Summary
  /** Why it failed. */
  problem?: Problem
}

export const asked = (model: string, now: number): Answer => ({
  state: 'running',
  model,
  askedAt: now,
  lastAt: now,
  text: '',
  thought: '',
})

/** An answer after another event of its stream. */
export function applied(answer: Answer, { event, data }: Frame, now: number): Answer {
  const told = parsed(data)
  switch (event) {
    case 'chunk': {
      const { text, thought } = pieces(told)
      if (!text && !thought) return answer
      return {
        ...answer,
        firstAt: answer.firstAt ?? now,
        lastAt: now,
        text: answer.text + text,
        thought: answer.thought + thought,
      }
    }
    case 'summary':
      return { ...answer, state: 'done', lastAt: now, summary: told as Summary }
    case 'error': {
      // What comes in a stream has no status of its own.
      const problem = Problem.from(0, told)
      return {
        ...answer,
        state: 'failed',
        lastAt: now,
        problem,
        summary: problem.details.summary as Summary | undefined,
      }
    }
    default:
      return answer
  }
}

/** Milliseconds to the first token: the gateway's figure, or what was seen from here while there is none. */
export function firstToken({ summary, firstAt, askedAt }: Answer): number | null {
  // The first piece of a refusal is no token.
  if (firstAt === undefined) return null
  return summary ? (summary.firstTokenMs ?? null) : firstAt - askedAt
}

/** Milliseconds in all: the gateway's figure, or what was seen from here. */
export function total({ state, summary, askedAt, lastAt }: Answer, now: number): number {
  return summary?.durationMs ?? (state === 'running' ? Math.max(now, lastAt) : lastAt) - askedAt
}

/** Tokens written in a second, from the first one on; nothing where that was too short to tell. */
export function pace({ summary }: Answer): number | null {
  const { outputTokens, durationMs = 0, firstTokenMs } = summary ?? {}
  const writing = durationMs - (firstTokenMs ?? 0)
  return outputTokens && writing > 0 ? (outputTokens * 1000) / writing : null
}

/** The text in a vendor's chunk, or in a whole answer of one that did not stream. */
function pieces(chunk: unknown): { text: string; thought: string } {
  const choice = of(list(of(chunk).choices)[0])
  const message = of(choice.delta ?? choice.message)
  return { text: written(message.content), thought: written(message.reasoning_content ?? message.reasoning) }
}

/** A vendor's text is a string, or a list of parts. */
function written(content: unknown): string {
  if (typeof content === 'string') return content
  return list(content)
    .map(part => of(part).text)
    .filter(text => typeof text === 'string')
    .join('')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const of = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
