import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { closest } from '../base/closest.ts'
import { report, type TaskReading } from './read-text.ts'

/** Reports files whose name is almost one that would be read: `contract.yml`, `worlds/`. */
export async function reportMisnamedFiles(reading: TaskReading): Promise<void> {
  for (const [folder, known] of Object.entries(knownNames)) {
    const entries = await readdir(path.join(reading.dir, folder)).catch((): string[] => [])
    const missing = known.filter((name) => !entries.includes(name))
    for (const entry of entries) {
      const meant = known.includes(entry) ? undefined : closest(entry, missing)
      if (meant === undefined) continue
      report(reading, path.posix.join(folder, entry), { message: `is not read by anyone; did you mean ${meant}?` })
    }
  }
}

const knownNames: Record<string, string[]> = {
  '.': ['task.toml', 'instruction.md', 'README.md', 'environment', 'tests', 'solution', 'steps'],
  environment: ['cluster.yaml', 'world', 'fault', 'workspace', 'Dockerfile', 'docker-compose.yaml'],
  tests: ['contract.yaml', 'test.sh', 'requirements.yaml'],
  solution: ['solve.sh', 'alternatives', 'unsafe', 'answer.yaml', 'wrong'],
}
