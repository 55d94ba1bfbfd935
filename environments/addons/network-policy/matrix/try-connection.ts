import type { MatrixWorld } from './matrix-world.ts'

/** A connection as a case writes it. */
export interface Connection {
  text: string
  from: { kind: 'pod' | 'node'; key: string }
  ip: string
  port: number
  protocol: 'tcp' | 'udp'
}

/** Reads "shop/web > service shop/db:80" with the addresses of a world. */
export function parseConnection(text: string, world: MatrixWorld): Connection {
  const match = /^(node )?(\S+) > (?:(service|node-port|node) )?(\S+):(\d+)(\/udp)?$/.exec(text)
  const [, fromNode, from = '', kind, to = '', port, udp] = match ?? []
  const ip =
    kind === 'service'
      ? world.services[to]
      : kind === undefined
        ? world.pods[to]?.ip
        : world.nodes[to as 'first' | 'second']?.ip
  if (!match || ip === undefined) throw new Error(`not a connection of this world: ${text}`)
  return {
    text,
    from: { kind: fromNode ? 'node' : 'pod', key: from },
    ip,
    port: Number(port),
    protocol: udp ? 'udp' : 'tcp',
  }
}

/** Bash that prints "open" when something answers there as it should, within a time, and "shut" otherwise. */
export function tryScript(
  { ip, port, protocol }: Pick<Connection, 'ip' | 'port' | 'protocol'>,
  seconds: number,
): string {
  // bash reads byte by byte, and of a datagram only the first is left then
  const talk =
    protocol === 'udp'
      ? 'echo ping >&3; read -r -n 1 first <&3; [[ $first == p ]]'
      : 'printf "GET / HTTP/1.0\\r\\n\\r\\n" >&3; read -r line <&3; [[ $line == HTTP/* ]]'
  return `timeout ${seconds} bash -c 'exec 3<>/dev/${protocol}/${ip}/${port} && { ${talk}; }' && echo open || echo shut`
}
