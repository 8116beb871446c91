-- The same, written by somebody else.
create table "users" ("id" integer primary key, [name] text not null);
create table `posts` (id integer, title text not null, user_id integer
    references users on delete cascade, primary key (id));
create index ix_posts_title on POSTS (TITLE asc);
