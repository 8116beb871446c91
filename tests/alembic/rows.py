"""Reads and writes the blog's rows through SQLAlchemy; says what it found."""

import sys

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from blog.models import Post, Profile, Tag, User

with Session(create_engine("sqlite:///app.db")) as session:
    name = sys.argv[1]
    user = User(username=name, email=f"{name}@example.org")
    user.profile = Profile(bio=f"The life of {name}")
    user.posts = [Post(title="First"), Post(title="Second")]
    tag = session.scalar(select(Tag).where(Tag.name == "rust")) or Tag(name="rust")
    user.tags = [tag, Tag(name=f"by {name}")]
    session.add(user)
    session.commit()

with Session(create_engine("sqlite:///app.db")) as session:
    for user in session.scalars(select(User).order_by(User.id)):
        assert all(post.author is user and post.created_at for post in user.posts)
        print(
            user.username,
            getattr(user, "is_active", None),
            user.profile.bio,
            [post.title for post in user.posts],
            sorted(tag.name for tag in user.tags),
            sep=" | ",
        )
    print(*(user.username for user in session.scalar(select(Tag).where(Tag.name == "rust")).users))
