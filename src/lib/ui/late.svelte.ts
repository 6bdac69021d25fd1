/** `is` turns true once `on()` has stayed true for `afterMs`: "this takes longer than a person waits silently". */
export function late(on: () => boolean, afterMs = 1000): { readonly is: boolean } {
  let value = $state(false);
  $effect(() => {
    if (!on()) {
      value = false;
      return;
    }
    const timer = setTimeout(() => (value = true), afterMs);
    return () => clearTimeout(timer);
  });
  return {
    get is() {
      return value;
    }
  };
}
