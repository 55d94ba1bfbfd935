/** A process of a container, as the node sees it. */
export interface NodeProcess {
  /** The container's ID, without its runtime's prefix. */
  container: string
  /** Numbers on the node. */
  pid: number
  parent: number
  /** Numbers in the container; a session is called after the process that began it. */
  pidInside: number
  sessionInside: number
  /** How long it has been there. */
  ageMs: number
  /** Where the kernel laid out the program; a process that was forked without a new program shares it with its parent. */
  layout: string
  command: string
}

/** Processes that somebody who entered a container started in it. */
export interface LeftProcesses {
  /** Those whose command was still under way: the end of the connection does not end it. */
  held: NodeProcess[]
  /** Those that have outlived the command that started them: somebody meant them to stay. */
  outlived: NodeProcess[]
}

/**
 * Which processes of a container somebody started from outside who first entered it so long ago. The container's own are
 * those that were there before, those of a session that was there before, and what its own processes started; orphans
 * become children of its first process, so of that one's children only those are its own that share its session or its
 * program's layout.
 */
export function findLeftProcesses(processes: readonly NodeProcess[], enteredAgoMs: number): LeftProcesses {
  const first = processes.reduce<NodeProcess | undefined>(
    (oldest, one) => (oldest === undefined || one.ageMs > oldest.ageMs ? one : oldest),
    undefined,
  )
  const own = new Set(processes.filter((one) => one === first || one.ageMs > enteredAgoMs))
  const byPid = new Map(processes.map((one) => [one.pid, one]))
  const isOwn = (one: NodeProcess): boolean => {
    const parent = byPid.get(one.parent)
    if ([...own].some(({ sessionInside }) => sessionInside === one.sessionInside)) return true
    if (!parent || !own.has(parent)) return false
    return parent.pidInside !== 1 || (one.layout !== '' && parent.layout === one.layout)
  }
  for (let count = -1; count !== own.size;) {
    count = own.size
    for (const one of processes) if (!own.has(one) && isOwn(one)) own.add(one)
  }
  const left = processes.filter((one) => !own.has(one))
  // what is started from outside has the same parent out there as the container's first process, as long as it goes on
  const isHeld = (one: NodeProcess): boolean => {
    const parent = byPid.get(one.parent)
    return parent === undefined ? one.parent === first?.parent : !own.has(parent) && isHeld(parent)
  }
  return { held: left.filter(isHeld), outlived: left.filter((one) => !isHeld(one)) }
}

/**
 * Prints the processes of containers, in bash on their node: arguments are the containers' IDs. A line each, fields apart
 * by tabs; the first line is the time since the node's boot. PROC is where the kernel tells of processes, if not in /proc.
 */
export const listProcesses: string = String.raw`
exec 2>/dev/null
proc=\${PROC:-/proc}
read -r uptime _ <"$proc/uptime"
printf '%s\t%s\n' "$uptime" "$(getconf CLK_TCK)"
for dir in "$proc"/[0-9]*; do
  mapfile -t group <"$dir/cgroup" || continue
  for id; do
    case "\${group[*]}" in *"$id"*) ;; *) continue ;; esac
    stat=$(<"$dir/stat") || continue
    set -f
    fields=($(printf '%s' "\${stat##*) }"))
    set +f
    [ "\${fields[0]}" = Z ] && continue
    inside=$(awk '$1 == "NSpid:" { pid = $NF } $1 == "NSsid:" { sid = $NF } END { print pid "\t" sid }' "$dir/status")
    layout=$(cksum <"$dir/auxv")
    command=$(tr '\0\t\n' '   ' <"$dir/cmdline" | head -c 200)
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$id" "\${dir##*/}" "\${fields[1]}" "$inside" "\${fields[19]}" "$layout" "$command"
  done
done
true
`.replaceAll('\\${', '${')

/** Reads what `listProcesses` printed. */
export function parseProcesses(text: string): NodeProcess[] {
  const [head = '', ...lines] = text.split('\n')
  const [uptime, ticksPerSecond] = head.split('\t').map(Number)
  if (uptime === undefined || ticksPerSecond === undefined) return []
  return lines.flatMap((line): NodeProcess[] => {
    const [container, pid, parent, pidInside, sessionInside, startedAt, layout, command] = line.split('\t')
    if (container === undefined || layout === undefined) return []
    return [
      {
        container,
        pid: Number(pid),
        parent: Number(parent),
        pidInside: Number(pidInside),
        sessionInside: Number(sessionInside),
        ageMs: Math.round((uptime - Number(startedAt) / ticksPerSecond) * 1000),
        layout,
        command: (command ?? '').trim(),
      },
    ]
  })
}
