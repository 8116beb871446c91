-- A licence; with a semicolon.
/* And a block;
   it's open for two lines. */
CREATE TABLE posts ( -- the posts; all of them
    id INTEGER PRIMARY KEY, /* ; */
    title TEXT NOT NULL
) -- after the last token
;
;; -- nothing
CREATE INDEX posts_title ON posts (title); -- behind it
/* at the end */
SELECT 1 -- no semicolon
