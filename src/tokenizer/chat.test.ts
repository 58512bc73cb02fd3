import { describe, expect, it } from 'vitest'
import { renderChat, type ChatMessage, type ChatOptions } from './chat.ts'
import type { TokenizerSpec } from './spec.ts'

const spec = { chatTemplate: null, namedTokens: { bos_token: '<s>' } } as unknown as TokenizerSpec
const render = (template: string, messages: ChatMessage[] = [], options: ChatOptions = {}) =>
  renderChat({ name: 'test', spec }, messages, { template, ...options })

describe('renderChat', () => {
  it('gives templates the names they expect', () => {
    const template =
      '{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}' +
      '{% if add_generation_prompt %}[assistant]{% endif %}{% if tools is none and True %}!{% endif %}'
    expect(render(template, [{ role: 'user', content: 'hi' }])).toBe('<s>[user] hi\n[assistant]!')
    expect(render(template, [], { addGenerationPrompt: false })).toBe('<s>!')
    expect(render('{% for i in range(2, 8, 3) %}{{ i }} {% endfor %}{{ range(3) | length }}')).toBe('2 5 3')
    expect(render('{{ greeting }}', [], { variables: { greeting: 'hello' } })).toBe('hello')
  })

  it('shows the date that it was given', () => {
    const now = new Date(2026, 0, 5)
    expect(render("{{ strftime_now('%d %b %Y, %B') }}", [], { now })).toBe('05 Jan 2026, January')
  })

  it('names what the template refuses, and bounds what it can count out', () => {
    const cases = ["{{ raise_exception('roles must alternate') }}", '{% for %}', '{{ range(1000000000) }}']
    for (const template of cases) {
      expect(() => render(template)).toThrow(expect.objectContaining({ code: 'TEMPLATE_INVALID' }))
    }
    expect(() => render("{{ raise_exception('roles must alternate') }}")).toThrow(/roles must alternate/)
    expect(() => render('')).toThrow(expect.objectContaining({ code: 'TEMPLATE_INVALID' }))
  })
})
