import { imageProblems } from '../../../../../environments/images/ensure-images.ts'
import type { Imported } from '../../../../manifest/import/imported.ts'
import { printJson, say } from '../../../output.ts'
import { writeCompactTasks } from '../../../write-compact-tasks.ts'

/** Writes what can be judged here, and says of the rest why it cannot. */
export async function writeImported(imported: Imported, dir: string, name: string, isJson: boolean): Promise<number> {
  const left = [...imported.left]
  const tasks: Imported['tasks'] = []
  for (const task of imported.tasks) {
    const [problem] = await imageProblems(task.images)
    if (problem === undefined) tasks.push(task)
    else left.push({ name: task.name, because: problem })
  }
  const file = tasks.length === 0 ? undefined : await writeCompactTasks(dir, name, tasks)
  if (isJson) printJson({ file, tasks: tasks.map((task) => task.name), left })
  for (const one of left) say(`left out ${one.name}: ${one.because}`)
  say(`${tasks.length} tasks${file === undefined ? '' : ` written to ${file}`}, ${left.length} left out`)
  return tasks.length > 0 ? 0 : 1
}
