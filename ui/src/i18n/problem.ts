import type { Code, Diagnostic, Problem } from '../api/problem'
import { t } from './index.svelte'

/** What a code of the server means, in the language in force. */
export function said(code: Code): string {
  return t(`code.${code}`)
}

/** What the server said, with its hint. The server speaks English; it names what exactly failed, which no dictionary can. */
export function explained(problem: Problem): string {
  const findings = problem.diagnostics.map((finding: Diagnostic) => finding.message).filter(Boolean)
  return [problem.message || said(problem.code), ...findings, problem.hint].filter(Boolean).join(' — ')
}
