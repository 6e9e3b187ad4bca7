/** What `layout.ts` needs to be read by tsc as well as by asc: the one type it names. */
type i32 = number;
