/** The master key is missing, is another one, or whoever keeps it does not answer. One sentence for a person. */
export class MasterKeyError extends Error {
  constructor(sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'MasterKeyError';
  }
}
