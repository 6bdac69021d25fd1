/** As far as a request says where it comes from. */
interface Asked {
  method: string;
  headers: Pick<Headers, 'get'>;
}

/**
 * True for a request that may change something and was made by a page of another site. Browsers name the page's
 * origin with every such request; where neither origin nor site is named, no browser made it, and so no cookie
 * came by itself.
 */
export function isFromElsewhere({ method, headers }: Asked, ownOrigin: string): boolean {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return false;
  const origin = headers.get('origin');
  if (origin !== null) return origin !== ownOrigin;
  const site = headers.get('sec-fetch-site');
  return site !== null && site !== 'same-origin' && site !== 'none';
}
