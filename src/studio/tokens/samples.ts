// Texts to begin with, each showing something that tokenizers do differently.

export interface Sample {
  name: string
  text: string
}

export const SAMPLES: readonly Sample[] = [
  {
    name: 'Prose',
    text: `A tessera is one small tile of a mosaic. Language models read tiles too: not letters and not words, but tokens, pieces of text that were common when the vocabulary was made.

Rare words shatter: antidisestablishmentarianism. Numbers do strange things: 1234567 + 7654321 = 8888888. So do other scripts: Ελληνικά, 日本語, ภาษาไทย, and emoji: 👩‍🚀🧩.`,
  },
  {
    name: 'Code',
    text: `export function fibonacci(n: number): number {
    let [a, b] = [0, 1]
    for (let i = 0; i < n; i++) {
        ;[a, b] = [b, a + b]
    }
    return a // O(n) additions
}

if (__name__ == "__main__") { console.log(fibonacci(90)) }
`,
  },
  {
    name: 'Languages',
    text: `English: All human beings are born free and equal in dignity and rights.
Deutsch: Alle Menschen sind frei und gleich an Würde und Rechten geboren.
Ελληνικά: Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.
Русский: Все люди рождаются свободными и равными в своём достоинстве и правах.
हिन्दी: सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।
日本語: すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。
ไทย: มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ
`,
  },
  {
    name: 'Special tokens',
    text: `What is <|endoftext|> in a text that somebody typed? <|im_start|>system
It depends on the policy: a special token, plain text, or an error.<|im_end|>
`,
  },
]
