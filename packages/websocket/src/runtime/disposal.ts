/**
 * The interfaces behind `using` and `await using`, where the types of the program that uses this
 * package have them. A program without `esnext.disposable` in its `lib` compiles as well.
 *
 * @module
 */

/** `AsyncDisposable`, or nothing if the program's types have no `Symbol.asyncDispose`. */
export type RuntimeAsyncDisposable = SymbolConstructor extends {
  readonly asyncDispose: infer Key extends symbol;
}
  ? { [Name in Key]: () => Promise<void> }
  : object;

/** `Disposable`, or nothing if the program's types have no `Symbol.dispose`. */
export type RuntimeDisposable = SymbolConstructor extends {
  readonly dispose: infer Key extends symbol;
}
  ? { [Name in Key]: () => void }
  : object;
