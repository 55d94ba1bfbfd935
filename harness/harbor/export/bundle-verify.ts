import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { build } from 'esbuild'

/** `kubemend-verify` as one file that takes Node and nothing else. */
export async function bundleVerify(file: string): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, '../../cli/kubemend-verify.ts')],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    charset: 'utf8',
    legalComments: 'none',
    // only for kubeconfigs that ask a program for their token, and 16 MB
    external: ['@kubernetes/client-node'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    write: false,
  })
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, outputFiles[0]?.text ?? '')
}

if (import.meta.main) await bundleVerify(process.argv[2] ?? 'dist/kubemend-verify.mjs')
