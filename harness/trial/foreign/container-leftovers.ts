import type { Docker } from './docker.ts'

/** Removes everything of the projects that are meant; says what. */
export async function removeContainersOf(docker: Docker, isMeant: (project: string) => boolean): Promise<string[]> {
  const removed: string[] = []
  for (const { list, remove } of kinds) {
    const { stdout } = await docker.run(list)
    const names = stdout.split('\n').filter((name) => isMeant(projectOf(name)))
    if (names.length === 0) continue
    await docker.run([...remove, ...names])
    removed.push(...names)
  }
  return removed
}

/** A project's name, which the names of all that is its begin with. */
function projectOf(name: string): string {
  return /^kubemend-task-\d+-\w+-[0-9a-f]{8}/.exec(name)?.[0] ?? ''
}

const kinds = [
  { list: ['ps', '--all', '--format={{.Names}}'], remove: ['rm', '--force', '--volumes'] },
  { list: ['network', 'ls', '--format={{.Name}}'], remove: ['network', 'rm'] },
  { list: ['volume', 'ls', '--format={{.Name}}'], remove: ['volume', 'rm', '--force'] },
  { list: ['images', '--format={{.Repository}}'], remove: ['rmi', '--force'] },
] as const
