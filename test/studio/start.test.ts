// `npm start` as a process: its options, its address, its end.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { root, startServer, stopServer } from './browser.ts'

async function run(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['scripts/start.mjs', ...args], {
      cwd: root,
      env: { ...process.env, ...env },
    })
    return { code: 0, out: stdout, err: stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, out: stdout, err: stderr }
  }
}

describe('npm start', () => {
  it('serves the Studio, refuses a taken port with its code, and ends cleanly', async () => {
    const { url, process: server } = await startServer()
    try {
      expect(await (await fetch(url)).text()).toContain('<title>Tessera Studio</title>')
      const list = (await (await fetch(new URL('/api/papers', url))).json()) as unknown[]
      expect(list).toHaveLength(34)
      const second = await run(['--no-open', '--port', new URL(url).port])
      expect(second.code).toBe(1)
      expect(second.err).toMatch(/^PORT_IN_USE: .*--port/m)
      // `npm start --port N --no-open`, of which npm passes on only N.
      const npm = { npm_lifecycle_event: 'start', npm_config_port: 'true', npm_config_open: '' }
      const third = await run([new URL(url).port], npm)
      expect(third.err).toMatch(/^PORT_IN_USE/m)
    } finally {
      expect(await stopServer(server)).toBe(0)
    }
    await expect(fetch(url)).rejects.toThrow()
  })

  it('explains itself, and refuses what it does not know', async () => {
    const help = await run(['--help'])
    expect(help.code).toBe(0)
    expect(help.out).toContain('--no-open')
    for (const args of [['--prot', '1'], ['--port', 'x'], ['--port', '99999'], ['extra']]) {
      const { code, err } = await run(args)
      expect(code, args.join(' ')).not.toBe(0)
      expect(err).toContain('ARGUMENT_INVALID')
    }
  })
})
