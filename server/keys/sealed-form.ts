/** How a sealed value begins; what follows is the data key's id, a dot and the bytes in base64url. */
export const sealedFormat = 'cf1';

/** As a pattern of SQL's LIKE: values sealed under any key, or under this one. */
export const sealedLike = (keyId?: string): string => `${sealedFormat}.${keyId ? `${keyId}.` : ''}%`;
