import { isVerdict, type Verdict } from '../verifier.ts'
import { lacksTools, type EnteredContainer } from './enter-container.ts'

/** Reads a file in a container with what its image has; `missing` says why there is none. */
export async function readFileInContainer(
  container: EnteredContainer,
  file: string,
): Promise<{ content: string } | { missing: string } | Verdict> {
  const reader = readers.find(({ tool }) => container.tools.has(tool))
  if (!reader) return lacksTools(container, `read ${file}`, 'cat, bash, python3 and node')
  const result = await container.run(reader.argv(file))
  if (isVerdict(result)) return result
  if (result.exitCode === 0) return { content: result.stdout }
  return { missing: result.stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? '' }
}

/** Best first. */
const readers: { tool: string; argv(file: string): string[] }[] = [
  { tool: 'cat', argv: (file) => ['cat', '--', file] },
  { tool: 'bash', argv: (file) => ['bash', '-c', 'printf %s "$(<"$1")"', 'bash', file] },
  {
    tool: 'python3',
    argv: (file) => ['python3', '-c', 'import sys; sys.stdout.buffer.write(open(sys.argv[1], "rb").read())', file],
  },
  { tool: 'node', argv: (file) => ['node', '-e', 'process.stdout.write(fs.readFileSync(process.argv[1]))', file] },
]
