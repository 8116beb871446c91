-- drop the trigger users_renamed
DROP TRIGGER users_renamed;
