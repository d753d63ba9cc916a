import { shortId } from '../words.js';

export const RequestLink = ({ id }: { readonly id: string }) => (
  <a class="id short" href={`/requests/${id}`} title={`0x${id}`}>
    {shortId(id)}
  </a>
);
