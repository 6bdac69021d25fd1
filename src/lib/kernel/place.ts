/**
 * Names the membership a page was drawn for; in the answer to a request that is refused for it, the one the session
 * acts from now.
 */
export const placeHeader = 'x-consilium-place';
/** The same for what cannot carry a header: the event stream and the board's socket. */
export const placeParameter = 'place';
