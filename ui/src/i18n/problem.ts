import type { Code, Diagnostic, Problem } from '../api/problem'
import { t } from './index.svelte'

/** What a code of the server means, in the language in force. */
export function said(code: Code): string {
  return t(`code.${code}`)
}

/** What the server said. It speaks English; it names what exactly failed and what to do, which no dictionary can. */
export function explained(problem: Problem): string {
  const findings = problem.diagnostics.map((finding: Diagnostic) => finding.message)
  return [problem.message || said(problem.code), ...findings.filter(found => !problem.message.includes(found))].join(
    ' — ',
  )
}
