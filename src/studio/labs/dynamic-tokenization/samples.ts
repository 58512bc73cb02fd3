// Batches to begin with: what is split much is merged much.
export const BATCHES: readonly { name: string; text: string }[] = [
  {
    name: 'Languages',
    text: `Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.
Είναι προικισμένοι με λογική και συνείδηση, και οφείλουν να συμπεριφέρονται μεταξύ τους με πνεύμα αδελφοσύνης.
Κάθε άνθρωπος έχει δικαίωμα στη ζωή, την ελευθερία και την προσωπική του ασφάλεια.
Κανείς δεν επιτρέπεται να ζει υπό καθεστώς δουλείας.
सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।
प्रत्येक व्यक्ति को जीवन, स्वाधीनता और वैयक्तिक सुरक्षा का अधिकार है।
Все люди рождаются свободными и равными в своём достоинстве и правах.
Каждый человек имеет право на жизнь, на свободу и на личную неприкосновенность.
`,
  },
  {
    name: 'Code',
    text: `const tokenizer = await loadTokenizer('o200k_base')
const tokenized = tokenizer.encode(sourceText)
const tokenizedBatch = await tokenizer.encodeBatch(sourceTexts)
expect(tokenizer.decode(tokenized)).toBe(sourceText)
expect(tokenizer.count(sourceText)).toBe(tokenized.length)
export async function tokenizeEverything(tokenizer: Tokenizer, sourceTexts: readonly string[]) {
`,
  },
  {
    name: 'English',
    text: `The whaleman sat upon the gunwale and watched the harpooneer.
A harpooneer's harpoon is the whaleman's whole philosophy.
Whalemen and harpooneers are not philosophers, said the whaleman.
`,
  },
]
