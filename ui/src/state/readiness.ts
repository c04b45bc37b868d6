import { prefix, type Schemas } from '../api/client'
import { Problem } from '../api/problem'
import { Resource } from './resource.svelte'

/** Whether agm can work. Who is not ready says so with a 503, which is an answer and not a failure. */
export const readiness = new Resource(read, ['revision.changed'])

async function read(): Promise<Schemas['Readiness']> {
  let response
  try {
    response = await fetch(`${prefix}/readyz`)
  } catch {
    throw Problem.offline()
  }
  try {
    return (await response.json()) as Schemas['Readiness']
  } catch {
    throw Problem.from(response.status, null)
  }
}
